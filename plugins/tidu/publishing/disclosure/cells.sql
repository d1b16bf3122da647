-- What every cell, and every part that readers could work out, is made of. Over the relation `contribution`; $crowd: the
-- most contributors whose names are kept. One row per indicator, month, scope, breakdown value and place (370200: the
-- city) with any contributor. Besides the released scopes: `but <scope>`, what is left of `all` without it, which is
-- known as soon as both are released; and `atom <bits>`, enterprises that belong to exactly the same scopes.
with placed as (
    select indicator_code, period, contributor, hundredths, place, industry_section, size_class, zone,
        in_private, in_no_state_no_foreign, in_registration_type
    from contribution cross join lateral (values (district_code), ('370200')) as p (place)
),
scoped as (
    select indicator_code, period, place, contributor, hundredths, scope, '' as breakdown, '' as breakdown_value
    from placed cross join lateral (values
        ('all', true),
        ('private', in_private), ('but private', not in_private),
        ('no_state_no_foreign', in_no_state_no_foreign), ('but no_state_no_foreign', not in_no_state_no_foreign),
        ('registration_type', in_registration_type), ('but registration_type', not in_registration_type),
        ('atom ' || in_private::int || in_no_state_no_foreign::int || in_registration_type::int, place <> '370200')
    ) as s (scope, holds)
    where holds
    union all
    select indicator_code, period, place, contributor, hundredths, 'all', breakdown, breakdown_value
    from placed cross join lateral (values
        ('industry_section', industry_section), ('size_class', size_class), ('zone', zone)
    ) as b (breakdown, breakdown_value)
)
select indicator_code, period, scope, breakdown, breakdown_value, place, count(*)::integer as contributors,
    sum(hundredths) / 100.0 as amount, sum(abs(hundredths)) / 100.0 as magnitude, max(abs(hundredths), 2) as largest,
    case when count(*) <= $crowd then list(contributor order by contributor) end as members,
    case when count(*) <= $crowd then list(hundredths / 100.0 order by contributor) end as amounts
from scoped
group by all
