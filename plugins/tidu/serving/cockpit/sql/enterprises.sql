-- One row per candidate of a tier, best first: one page of those after a place in that order. The rank is that of the
-- whole city; equals share it, so that the id decides between them.
select p.rank, p.enterprise_id, e.name, e.uscc, p.readiness, e.industry_section, e.size_class, p.entered_on::text,
    coalesce((
        select array_agg(c.name order by c.place)
        from mart.tier_criterion as c
        where c.policy_version = p.reasons ->> 'policy_version' and p.reasons -> 'gaps' ? c.code
    ), '{}') as lacking
from mart.seed_pool as p
left join mart.enterprise as e on e.enterprise_id = p.enterprise_id
where p.as_of = %(as_of)s and p.left_on is null and p.tier = %(tier)s
    and (%(place)s = %(city)s or p.district_code = %(place)s)
    and (%(readiness)s::text is null or p.readiness = %(readiness)s)
    and (%(after_rank)s::bigint is null or (p.rank, p.enterprise_id) > (%(after_rank)s, %(after_id)s::text))
order by p.rank, p.enterprise_id
limit %(most)s
