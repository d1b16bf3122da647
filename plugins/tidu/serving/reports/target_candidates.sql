-- One row per candidate for a tier on a business date, best first; what it lacks by name.
select p.readiness, p.rank, e.name, e.uscc, p.enterprise_id, e.district_name, e.size_class, p.entered_on,
    p.reasons ->> 'verdict' as verdict, p.reasons -> 'sources' as sources,
    (p.reasons ->> 'declared_this_year')::boolean as declared_this_year, g.lacking
from mart.seed_pool as p
join mart.enterprise as e using (enterprise_id)
cross join lateral (
    select string_agg(c.name, '；' order by n.number) as lacking
    from jsonb_array_elements_text(p.reasons -> 'gaps') with ordinality as n (code, number)
    join mart.tier_criterion as c on c.policy_version = p.reasons ->> 'policy_version' and c.code = n.code
) as g
where p.as_of = %(as_of)s and p.tier = %(tier)s and p.left_on is null
    and %(district)s in (p.district_code, '370200')
order by array_position(array['ready', 'near', 'watch'], p.readiness), p.rank, e.name, p.enterprise_id
