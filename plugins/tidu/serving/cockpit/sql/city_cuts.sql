-- One row per indicator, breakdown and value of it: one place in one scope and month.
select f.indicator_code, f.breakdown, f.breakdown_value, f.value::float8 as value, round(f.yoy, 4)::float8 as yoy,
    round(f.mom, 4)::float8 as mom, f.cell_status
from publish.city_monthly as f
where f.release_id = %(release_id)s and f.period = %(period)s and f.scope = %(scope)s and f.breakdown <> ''
