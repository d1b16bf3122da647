-- One row per district of today, and one for the city (370200): who holds a tier on a day, who newly came to hold it since the
-- first day of a span, and how many candidates there are. Newly holds: holds it now, and did not the day before the span. A
-- tier nobody holds or comes near has the city's row alone, of zeros.
with holder as (
    select h.enterprise_id, bool_or(h.awarded_on <= %(day)s and coalesce(h.last_day >= %(day)s, true)) as holds,
        bool_or(h.awarded_on < %(since)s and coalesce(h.last_day >= %(since)s::date - 1, true)) as held_before
    from intermediate.int_tier__holding as h
    where h.tier = %(tier)s
    group by h.enterprise_id
),
counted as (
    select coalesce(e.district_code, '370299') as district_code, 1 as held, (not h.held_before)::integer as newly_held,
        0 as ready, 0 as near, 0 as watch
    from holder as h
    left join mart.enterprise as e using (enterprise_id)
    where h.holds
    union all
    select p.district_code, 0, 0, (p.readiness = 'ready')::integer, (p.readiness = 'near')::integer,
        (p.readiness = 'watch')::integer
    from mart.seed_pool as p
    where p.as_of = %(as_of)s and p.tier = %(tier)s and p.left_on is null
)
select coalesce(c.district_code, '370200') as district_code, max(d.name) as district_name, coalesce(sum(c.held), 0) as held,
    coalesce(sum(c.newly_held), 0) as newly_held, coalesce(sum(c.ready), 0) as ready, coalesce(sum(c.near), 0) as near,
    coalesce(sum(c.watch), 0) as watch
from counted as c
left join intermediate.seed_district as d on d.code = c.district_code
group by rollup (c.district_code)
order by c.district_code nulls last
