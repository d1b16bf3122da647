with

target as (

    select
        *,
        min(since) over (partition by plan) as plan_since,
        max(year) over (partition by plan) as plan_year
    from {{ ref('seed_plan_target') }}

),

standing as (

    select * from {{ ref('int_monitoring__plan_standing') }}

),

-- Every December, June of the middle year of a plan of several years, and the last December of the target.
occasion as (

    select
        standing.*,
        evaluation.kind
    from standing
    inner join target on standing.target_code = target.target_code
    cross join
        lateral (
            values
            ('yearly', extract(month from standing.month) = 12),
            (
                'midterm',
                target.plan_year > target.plan_since
                and standing.month = make_date((target.plan_since + target.plan_year) / 2, 6, 1)
            ),
            ('final', standing.months_left = 0)
        ) as evaluation (kind, is_due)
    where evaluation.is_due

),

final as (

    select
        occasion.target_code,
        target.plan,
        occasion.kind as evaluation,
        occasion.period,
        target.name,
        target.year,
        target.target,
        target.unit,
        occasion.actual,
        occasion.progress,
        occasion.pace_needed,
        occasion.status
    from occasion
    inner join target on occasion.target_code = target.target_code

)

select * from final
