-- One row per target of the plan and year, as last known when the release was made.
select t.target_code, t.plan, t.name, t.year, t.target::float8 as target, t.unit, t.actual::float8 as actual,
    t.progress::float8 as progress, t.as_of::text, t.status
from mart.plan_target as t
where t.as_of = (select max(n.as_of) from mart.plan_target as n where n.as_of <= %(as_of)s::date)
order by t.plan, t.year, t.target_code
