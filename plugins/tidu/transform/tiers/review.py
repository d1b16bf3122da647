"""The re-check of holders: which titles stand, expire, or would not be given again today."""

# ruff: noqa: S608 - the number is a constant of this module

from __future__ import annotations

EXPIRING_MONTHS = 6
"""How long before its end a title is said to expire: as long as a re-check and its papers take."""

HOLDER = """
select h.cert_no, r.enterprise_id, h.tier, h.valid_until, h.withdrawn_on, f.policy_version, f.verdict, f.pattern
from intermediate.int_mi_tier_holder__current as h
join intermediate.int_enterprise__record_link as r on r.dataset = 'mi_tier_holder' and r.source_key = h.source_key
left join pg_temp.found_finding as f
    on f.subject = 'renewal' and f.tier = h.tier and f.enterprise_id = r.enterprise_id
where h.awarded_on <= %(as_of)s
"""
"""One row per certificate awarded by the business date, with what a re-check of its holder finds. To be analyzed before
it is joined on: taken for the few rows they look like, holders would be compared with each other one by one."""

REVIEW = f"""
select h.cert_no, h.enterprise_id, h.tier, h.valid_until,
    case
        when h.withdrawn_on <= %(as_of)s then 'withdrawn'
        when h.valid_until < %(as_of)s then 'expired'
        when i.enterprise_id is null or (h.verdict = 'not_met' and h.policy_version not like '%%-draft') then 'at_risk'
        when h.valid_until < %(as_of)s::date + interval '{EXPIRING_MONTHS} months' then 'expiring'
        else 'valid'
    end as state,
    case
        when i.enterprise_id is null then
            '[{{"code": "assessed", "name": "不是存续的法人企业，或未能对应到登记"}}]'::jsonb
        when h.verdict = 'not_met' then mart.tier_lacking(p.failing, o.observed)
        else '[]'
    end as failing_criteria,
    i.district_code
from pg_temp.found_holder as h
left join intermediate.int_tier__input as i on i.enterprise_id = h.enterprise_id
left join mart.tier_pattern as p on p.policy_version = h.policy_version and p.pattern = h.pattern
left join pg_temp.found_standing as s on s.enterprise_id = h.enterprise_id
left join mart.tier_input_set as n on n.set_id = s.set_id
-- offset 0: written out once, of those alone of whom it is told
left join lateral (
    select mart.tier_measured(mart.tier_observed(n, s.flags, s.numbers, s.words), %(as_of)s::date) as observed offset 0
) as o on h.verdict = 'not_met'
"""
"""One row per certificate awarded by the business date; a policy's re-check asks what it names `on_renewal`.

A draft puts no title at risk: what it assumes is not proved. What it finds is told, and marked."""
