-- One row per gap of every candidate that does not meet its tier.
with candidate as materialized (
{candidate}
)
select c.tier, c.policy_version, c.place, c.enterprise_id, c.name, c.uscc, c.verdict as outcome,
    g.item ->> 'code' as code, g.item ->> 'name' as asked, g.item ->> 'verdict' as verdict, g.item ->> 'lever' as lever,
    g.item -> 'need' as need, g.item -> 'have' as have, g.item -> 'short' as short, g.item -> 'points' as points,
    t.clause, t.inputs
from candidate as c
join mart.tier_assessment as a
    on a.as_of = %(as_of)s and a.enterprise_id = c.enterprise_id and a.tier = c.tier
cross join jsonb_array_elements(a.gaps) with ordinality as g (item, number)
join mart.tier_criterion as t on t.policy_version = c.policy_version and t.code = g.item ->> 'code'
order by c.policy_version like '%%-draft', c.tier, c.place, g.number
