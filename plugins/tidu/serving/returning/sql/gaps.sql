-- What contracts call restricted is masked: the file leaves the bureau.
select a.tier, a.policy_version, a.enterprise_id, ops.csv_safe(e.name) as name, g.item ->> 'code' as code, c.clause,
    g.item ->> 'name' as asked, g.item ->> 'verdict' as verdict, g.item ->> 'lever' as lever, g.item ->> 'need' as need,
    case when c.inputs && %(restricted)s::text[] then %(masked)s else ops.csv_safe(g.item ->> 'have') end as have,
    case when c.inputs && %(restricted)s::text[] then %(masked)s else g.item ->> 'short' end as short
from mart.tier_pool as p
join mart.tier_assessment as a
    on a.as_of = %(assessed_on)s and a.enterprise_id = p.enterprise_id and a.tier = p.tier
cross join jsonb_array_elements(a.gaps) with ordinality as g (item, place)
join mart.tier_criterion as c on c.policy_version = a.policy_version and c.code = g.item ->> 'code'
left join mart.enterprise as e on e.enterprise_id = a.enterprise_id
where p.since <= %(assessed_on)s and (p.until is null or %(assessed_on)s < p.until)
order by a.tier, a.policy_version, a.enterprise_id, g.place
