-- One row per indicator, scope, breakdown and value of it in the newest month: how the release can be cut.
select c.indicator_code, c.scope, c.breakdown, c.breakdown_value, c.value::float8 as value
from publish.city_monthly as c
where c.release_id = %(release_id)s and c.period = %(period)s
order by c.indicator_code, c.scope, c.breakdown, c.breakdown_value
