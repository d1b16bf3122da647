select m.period, m.indicator_name, m.scope, m.value, m.unit, m.yoy, m.mom, m.ytd, m.cell_status
from publish.district_monthly as m
where m.release_id = %(release_id)s and m.breakdown = '' and m.period = %(period)s
order by m.indicator_code, m.scope
