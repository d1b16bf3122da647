select s.enterprise_id, p.tier, p.policy_version, s.verdicts[p.place] as verdict, s.score_min[p.place] as score_min,
    s.score_max[p.place] as score_max, md5(s.patterns[p.place]) as gap_pattern, s.since
from mart.tier_standing as s
join mart.tier_policy_set as p on p.set_id = s.set_id and p.subject = 'tier' and s.verdicts[p.place] is not null
where s.since <= %(assessed_on)s and (s.until is null or %(assessed_on)s < s.until)
order by s.enterprise_id, p.place
