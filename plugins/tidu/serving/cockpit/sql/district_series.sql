-- One row per indicator and month: the totals of one place in one scope.
select f.indicator_code, f.period, f.value::float8 as value, round(f.yoy, 4)::float8 as yoy, round(f.mom, 4)::float8 as mom,
    f.ytd::float8 as ytd, f.cell_status
from publish.district_monthly as f
where f.release_id = %(release_id)s and f.scope = %(scope)s and f.breakdown = '' and f.district_code = %(place)s
