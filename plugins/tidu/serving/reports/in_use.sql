-- One row per policy version that stood on a business date, with how its enterprises of a district came off.
select f.tier, f.policy_version, count(*) as assessed, count(*) filter (where f.verdict = 'met') as met,
    count(*) filter (where f.verdict = 'not_met') as not_met, count(*) filter (where f.verdict = 'unknown') as unknown
from mart.tier_finding as f
join mart.enterprise as e using (enterprise_id)
where f.subject = 'tier' and f.since <= %(as_of)s and (f.until is null or %(as_of)s < f.until)
    and %(district)s in (e.district_code, '370200')
group by f.tier, f.policy_version
order by f.policy_version like '%%-draft', f.tier
