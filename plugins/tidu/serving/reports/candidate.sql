-- Per tier the enterprises of a district that meet its policy, and of the others the nearest. Whom a gate keeps out
-- for certain is near nothing, and a condition that does instead of a score brings nobody nearer. What is lacking is counted once per pattern, not per enterprise.
select n.*, l.by_enterprise, l.by_time, l.by_department
from (
    select f.tier, f.policy_version, f.verdict, f.score_min, f.score_max, f.enterprise_id, e.name, e.uscc,
        e.district_name, e.size_class, p.gaps, p.ordinary, p.lacking,
        row_number() over (
            partition by f.tier
            order by f.verdict = 'met' desc, p.ordinary, p.short, f.score_min desc nulls last, e.name, f.enterprise_id
        ) as place
    from mart.tier_finding as f
    join mart.enterprise as e using (enterprise_id)
    join (
        select t.policy_version, t.pattern, jsonb_array_length(t.gaps) as gaps,
            jsonb_array_length(mart.tier_ordinary(t.gaps)) as ordinary,
            jsonb_array_length(jsonb_path_query_array(t.gaps, '$[*] ? (@.verdict == "not_met")')) as short,
            t.gaps as lacking
        from mart.tier_pattern as t
        where not jsonb_path_exists(t.criteria, '$[*] ? (@.kind == "gate" && @.verdict == "not_met")')
    ) as p using (policy_version, pattern)
    where f.subject = 'tier' and f.since <= %(as_of)s and (f.until is null or %(as_of)s < f.until)
        and %(district)s in (e.district_code, '370200')
) as n
-- whose turn it is depends on what of its own inputs is missing or short
cross join lateral (
    select count(*) filter (where g ->> 'lever' = 'enterprise') as by_enterprise,
        count(*) filter (where g ->> 'lever' = 'time') as by_time,
        count(*) filter (where g ->> 'lever' = 'department') as by_department
    from mart.tier_finding as o
    cross join lateral jsonb_array_elements(
        mart.tier_lacking(n.lacking, mart.tier_measured(o.observed, %(as_of)s::date))) as g
    where o.subject = 'tier' and o.tier = n.tier and o.enterprise_id = n.enterprise_id
        and o.since <= %(as_of)s and (o.until is null or %(as_of)s < o.until)
) as l
where n.verdict = 'met' or n.place <= %(nearest)s
