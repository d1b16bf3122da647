-- Every December, June of the middle year of a plan of several years, and the last December of the target.
insert into publish.plan_evaluation (
    release_id, target_code, evaluation, period, actual, progress, pace_needed, status, reason
)
select
    %(release)s, standing.target_code, occasion.kind, to_char(standing.month, 'YYYY-MM'), standing.actual,
    standing.progress, standing.pace_needed, standing.status, standing.reason
from plan_standing as standing
inner join plan_aim as aim on aim.target_code = standing.target_code
cross join lateral (
    values
    ('yearly', extract(month from standing.month) = 12),
    (
        'midterm',
        aim.plan_year > aim.plan_since and standing.month = make_date((aim.plan_since + aim.plan_year) / 2, 6, 1)
    ),
    ('final', standing.months_left = 0)
) as occasion (kind, is_due)
where occasion.is_due
