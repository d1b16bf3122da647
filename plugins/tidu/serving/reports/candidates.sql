-- One row per tier and candidate, with the last day of the title it holds of that tier.
with candidate as materialized (
{candidate}
),
held as (
    select l.enterprise_id, h.tier, max(coalesce(h.valid_until, 'infinity')) as valid_until
    from intermediate.int_mi_tier_holder__current as h
    join intermediate.int_enterprise__record_link as l on l.source_key = h.source_key and l.dataset = 'mi_tier_holder'
    where h.awarded_on <= %(as_of)s and coalesce(h.valid_until >= %(as_of)s, true)
        and coalesce(h.withdrawn_on > %(as_of)s, true)
    group by l.enterprise_id, h.tier
)
select c.*, h.enterprise_id is not null as is_holder, nullif(h.valid_until, 'infinity') as held_until
from candidate as c
left join held as h on h.enterprise_id = c.enterprise_id and h.tier = c.tier
order by c.policy_version like '%%-draft', c.tier, c.place
