select t.policy_version, md5(t.pattern) as gap_pattern, g.place, g.item ->> 'code' as code, c.clause,
    g.item ->> 'name' as asked, g.item ->> 'verdict' as verdict, g.item -> 'need' as need, g.item -> 'points' as points
from mart.tier_pattern as t
cross join jsonb_array_elements(t.gaps) with ordinality as g (item, place)
join mart.tier_criterion as c on c.policy_version = t.policy_version and c.code = g.item ->> 'code'
where (t.policy_version, t.pattern) in (
    select p.policy_version, s.patterns[p.place]
    from mart.tier_standing as s
    join mart.tier_policy_set as p on p.set_id = s.set_id and p.subject = 'tier'
    where s.since <= %(assessed_on)s and (s.until is null or %(assessed_on)s < s.until)
)
order by t.policy_version, gap_pattern, g.place
