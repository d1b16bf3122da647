select s.tier, s.readiness, s.rank, s.enterprise_id, ops.csv_safe(e.name) as name, e.uscc, e.size_class,
    s.reasons ->> 'verdict' as verdict, s.reasons ->> 'policy_version' as policy_version, s.entered_on, s.left_on
from mart.seed_pool as s
left join mart.enterprise as e using (enterprise_id)
where s.as_of = %(assessed_on)s
order by s.tier, s.left_on is not null, s.rank, s.enterprise_id
