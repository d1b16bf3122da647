-- One row per month of a release.
select distinct c.period
from publish.city_monthly as c
where c.release_id = %(release_id)s and c.scope = 'all' and c.breakdown = ''
order by c.period
