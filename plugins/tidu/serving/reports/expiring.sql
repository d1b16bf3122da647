-- One row per title that ends within twelve months, unless a later one of the same tier is held already.
with title as (
    select l.enterprise_id, h.tier, h.cert_no, h.batch, h.awarded_on, h.valid_until
    from intermediate.int_mi_tier_holder__current as h
    join intermediate.int_enterprise__record_link as l on l.source_key = h.source_key and l.dataset = 'mi_tier_holder'
    where h.awarded_on <= %(as_of)s and coalesce(h.valid_until >= %(as_of)s, true)
        and coalesce(h.withdrawn_on > %(as_of)s, true)
),
newest as (
    select distinct on (t.enterprise_id, t.tier) t.*
    from title as t
    order by t.enterprise_id, t.tier, t.valid_until desc nulls first, t.cert_no
)
select n.tier, e.name, e.uscc, n.enterprise_id, e.district_name, e.status, n.cert_no, n.batch, n.awarded_on,
    n.valid_until, n.valid_until - %(as_of)s::date as days_left, f.verdict, f.policy_version
from newest as n
join mart.enterprise as e using (enterprise_id)
left join mart.tier_finding as f
    on f.subject = 'tier' and f.enterprise_id = n.enterprise_id and f.tier = n.tier
    and f.since <= %(as_of)s and (f.until is null or %(as_of)s < f.until)
where %(district)s in (e.district_code, '370200')
    and n.valid_until <= %(as_of)s::date + interval '12 months'
order by n.valid_until, n.tier, e.name, n.cert_no
