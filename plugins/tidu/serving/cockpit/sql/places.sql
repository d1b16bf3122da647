-- One row per district of a release, 未分配 included.
select distinct d.district_code as code, d.district_name as name
from publish.district_monthly as d
where d.release_id = %(release_id)s and d.period = %(period)s and d.scope = 'all' and d.breakdown = ''
order by d.district_code
