select m.period, m.indicator_code, m.indicator_name, m.scope, m.breakdown, m.breakdown_value, m.value, m.unit, m.yoy,
    m.mom, m.ytd, m.cell_status
from publish.district_monthly as m
where m.release_id = %(release_id)s
order by m.indicator_code, m.period, m.scope, m.breakdown, m.breakdown_value
