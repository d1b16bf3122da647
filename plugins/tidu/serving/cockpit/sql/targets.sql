-- One row per target of the city's plans, as the release shows it.
select t.target_code, t.plan_name, t.plan_name_en, t.name, t.name_en, t.year, t.target::float8 as target, t.unit,
    t.actual::float8 as actual, t.progress::float8 as progress, t.period, t.status, t.reason
from publish.plan_target as t
where t.release_id = %(release_id)s
order by t.plan, t.year, t.target_code
