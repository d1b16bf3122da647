-- One row per tier and readiness: who is in the seed pool of a place on a business date.
select p.tier, p.readiness, count(*) as enterprises
from mart.seed_pool as p
where p.as_of = %(as_of)s and p.left_on is null and (%(place)s = %(city)s or p.district_code = %(place)s)
group by p.tier, p.readiness
order by p.tier, p.readiness
