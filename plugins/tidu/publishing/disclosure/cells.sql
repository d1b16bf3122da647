-- What every cell, and every part that readers could work out, is made of. Over the relations `contribution` and `pair`
-- (whole, part, rest: codes of an indicator, of a part of it and of what is left); $crowd: the most contributors a cell
-- has whose revisions are looked at; $fewest: how many have to have filed zero for a cell without amounts to be open.
-- One row per indicator, month, scope, breakdown value and place (370200: the city) with any contributor, or else with
-- few who filed zero. Besides the released scopes: `but <scope>`, what is left of `all` without it, and `<scope> but
-- <scope>`, known as soon as both are released; and `atom <bits>`, enterprises that belong to exactly the same scopes.
with filed as (
    select * from contribution
    union all by name
    -- who has as much of the part as of the whole has nothing of the rest, but did not file zero
    select p.rest as indicator_code, c.* exclude (indicator_code, hundredths),
        sum(case when c.indicator_code = p.whole then c.hundredths else -c.hundredths end)::bigint as hundredths
    from contribution as c join pair as p on c.indicator_code in (p.whole, p.part)
    group by all
    having sum(case when c.indicator_code = p.whole then c.hundredths else -c.hundredths end) <> 0
        or bool_and(c.hundredths = 0)
),
placed as (
    select indicator_code, period, contributor, hundredths, place, industry_section, size_class, zone,
        in_private as p, in_no_state_no_foreign as n, in_registration_type as r
    from filed cross join lateral (values (district_code), ('370200')) as p (place)
),
scoped as (
    select indicator_code, period, place, contributor, hundredths, scope, '' as breakdown, '' as breakdown_value
    from placed cross join lateral (values
        ('all', true), ('private', p), ('no_state_no_foreign', n), ('registration_type', r),
        ('but private', not p), ('but no_state_no_foreign', not n), ('but registration_type', not r),
        ('private but no_state_no_foreign', p and not n), ('no_state_no_foreign but private', n and not p),
        ('private but registration_type', p and not r), ('registration_type but private', r and not p),
        ('no_state_no_foreign but registration_type', n and not r),
        ('registration_type but no_state_no_foreign', r and not n),
        ('atom ' || p::int || n::int || r::int, place <> '370200')
    ) as s (scope, holds)
    where holds
    union all
    select indicator_code, period, place, contributor, hundredths, 'all', breakdown, breakdown_value
    from placed cross join lateral (values
        ('industry_section', industry_section), ('size_class', size_class), ('zone', zone)
    ) as b (breakdown, breakdown_value)
),
summed as (
    select indicator_code, period, scope, breakdown, breakdown_value, place,
        (count(*) filter (where hundredths <> 0))::integer as amounts_filed,
        (count(*) filter (where hundredths = 0))::integer as zeros_filed,
        sum(hundredths) / 100.0 as amount, sum(abs(hundredths)) / 100.0 as magnitude, max(abs(hundredths), 2) as largest,
        case when amounts_filed <= 2 * $crowd
            then list(contributor order by contributor) filter (where hundredths <> 0) end as members,
        case when amounts_filed <= 2 * $crowd
            then list(hundredths / 100.0 order by contributor) filter (where hundredths <> 0) end as amounts
    from scoped
    group by all
)
select * exclude (amounts_filed, zeros_filed),
    case when amounts_filed > 0 then amounts_filed else zeros_filed end as contributors
from summed
where amounts_filed > 0 or zeros_filed < $fewest
