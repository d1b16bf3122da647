-- One row per tier: verdict, criteria and gaps of an enterprise on a business date, the inputs of every item, and the
-- dates of the deliveries its evidence came in.
with found as materialized (
    select a.tier, a.policy_version, a.verdict, a.score, a.score_min, a.score_max, a.criteria, a.gaps
    from mart.tier_assessment as a
    where a.as_of = %(as_of)s and a.enterprise_id = %(enterprise_id)s
)
select f.*, i.inputs, coalesce(d.delivered, '{}') as delivered
from found as f
cross join lateral (
    select jsonb_object_agg(c.code, to_jsonb(c.inputs)) as inputs
    from mart.tier_criterion as c where c.policy_version = f.policy_version) as i
cross join lateral (
    select jsonb_object_agg(d.delivery_id::text, d.delivered_on) as delivered
    from ops.delivery as d
    where d.delivery_id in (
        select (e ->> 'delivery_id')::bigint
        from jsonb_array_elements(f.criteria) as c (item) cross join jsonb_array_elements(c.item -> 'evidence') as e)) as d
order by f.policy_version like '%%-draft', f.tier
