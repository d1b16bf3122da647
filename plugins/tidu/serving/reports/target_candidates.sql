-- One row per candidate for a tier on a business date, best first; what it lacks by name, and what would do instead of a score.
select p.readiness, p.rank, e.name, e.uscc, p.enterprise_id, e.district_name, e.size_class, p.entered_on,
    p.reasons ->> 'verdict' as verdict, p.reasons -> 'sources' as sources,
    (p.reasons ->> 'declared_this_year')::boolean as declared_this_year, g.lacking
from mart.seed_pool as p
join mart.enterprise as e using (enterprise_id)
cross join lateral (
    select concat_ws('；', string_agg(c.name, '；' order by n.number) filter (where n.is_ordinary),
        '或以直通条件：' || string_agg(c.name, '；' order by n.number) filter (where not n.is_ordinary)) as lacking
    from (
        select code, number, true as is_ordinary
        from jsonb_array_elements_text(coalesce(p.reasons -> 'ordinary', p.reasons -> 'gaps')) with ordinality as o (code, number)
        union all
        select code, number, false
        from jsonb_array_elements_text(p.reasons -> 'gaps') with ordinality as i (code, number)
        where p.reasons -> 'gaps' <> p.reasons -> 'ordinary'
    ) as n
    join mart.tier_criterion as c on c.policy_version = p.reasons ->> 'policy_version' and c.code = n.code
) as g
where p.as_of = %(as_of)s and p.tier = %(tier)s and p.left_on is null
    and %(district)s in (p.district_code, '370200')
order by array_position(array['ready', 'near', 'watch'], p.readiness), p.rank, e.name, p.enterprise_id
