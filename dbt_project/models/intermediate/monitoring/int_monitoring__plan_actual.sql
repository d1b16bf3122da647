with

figure as (

    select * from {{ ref('int_monitoring__plan_figure') }}

),

target as (

    select
        *,
        min(since) over (partition by plan) as plan_since
    from {{ ref('seed_plan_target') }}

),

summed as (

    select
        figure.*,
        target.kind,
        target.plan_since,
        target.since,
        target.year,
        sum(figure.value) filter (where extract(year from figure.month) >= target.since) over so_far as since_start,
        sum(figure.value) over this_year as this_year,
        sum(figure.over_value) over this_year as over_this_year
    from figure
    inner join target on figure.target_code = target.target_code
    window
        so_far as (partition by figure.target_code order by figure.month),
        this_year as (partition by figure.target_code, extract(year from figure.month) order by figure.month)

),

final as (

    select
        target_code,
        month,
        case
            when newly_held is not null then newly_held
            when kind = 'increase' and indicator_kind = 'flow' then since_start
            when kind = 'level' and indicator_kind = 'flow' then this_year
            when kind = 'level' then value
            when kind = 'share' and indicator_kind = 'flow' then round(this_year / nullif(over_this_year, 0), 10)
            when kind = 'share' then round(value / nullif(over_value, 0), 10)
        end as actual,
        -- what grows from nothing within the span; all else stands where it stands
        kind = 'increase' or (kind = 'level' and indicator_kind = 'flow') as is_running,
        case when kind = 'increase' then since when indicator_kind = 'flow' then year else plan_since end as first_year
    from summed
    where month between make_date(plan_since, 1, 1) and make_date(year, 12, 1)

)

select * from final
where actual is not null
