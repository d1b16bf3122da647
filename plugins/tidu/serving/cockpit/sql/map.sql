-- One row per district and month: the totals of one indicator in one scope.
select d.district_code, d.period, d.value::float8 as value, round(d.yoy, 4)::float8 as yoy, round(d.mom, 4)::float8 as mom,
    d.cell_status
from publish.district_monthly as d
where d.release_id = %(release_id)s and d.scope = %(scope)s and d.indicator_code = %(indicator)s and d.breakdown = ''
