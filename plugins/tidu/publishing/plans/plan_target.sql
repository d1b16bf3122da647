-- One row per target: as it stands by the newest month of its span that the release has.
insert into publish.plan_target (
    release_id, target_code, plan, plan_name, plan_name_en, name, name_en, since, year, target, unit, comparator, kind,
    period, actual, progress, pace_needed, status, reason, needs, caveat, quote
)
select
    %(release)s, aim.target_code, aim.plan, aim.plan_name, aim.plan_name_en, aim.name, aim.name_en, aim.since, aim.year,
    aim.target, aim.unit, aim.comparator, aim.kind, to_char(newest.month, 'YYYY-MM'), newest.actual, newest.progress,
    newest.pace_needed,
    coalesce(newest.status, case when aim.indicator_code is null then 'not_measured' else 'no_data' end),
    newest.reason, aim.needs, aim.caveat, aim.quote
from plan_aim as aim
left join (select distinct on (target_code) * from plan_standing order by target_code asc, month desc) as newest
    on newest.target_code = aim.target_code
