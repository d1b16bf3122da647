with

actual as (

    select * from {{ ref('int_monitoring__plan_actual') }}

),

target as (

    select * from {{ ref('seed_plan_target') }}

),

measured as (

    select
        target.target_code,
        target.target,
        target.comparator,
        target.year,
        actual.month,
        actual.actual,
        actual.is_running,
        make_date(target.year, 12, 1) as last_month,
        {{ months_between('actual.month', 'make_date(target.year, 12, 1)') }} as months_left,
        {{ months_between('make_date(actual.first_year::integer, 1, 1)', 'actual.month') }} + 1 as months_gone,
        -- what a month brought on average, over the last year at most
        (actual.actual - lag(actual.actual, 12) over so_far) / 12 as year_pace,
        (actual.actual - first_value(actual.actual) over so_far)
        / nullif(row_number() over so_far - 1, 0) as series_pace
    from actual
    inner join target on actual.target_code = target.target_code
    window so_far as (partition by actual.target_code order by actual.month)

),

judged as (

    select
        *,
        case comparator
            when 'above' then actual > target
            when 'at_most' then actual <= target
            else actual >= target
        end as is_reached,
        case
            when is_running then actual >= target * months_gone / (months_gone + months_left)
            else actual + coalesce(year_pace, series_pace, 0) * months_left >= target
        end as is_on_track
    from measured

),

final as (

    select
        target_code,
        month,
        to_char(month, 'YYYY-MM') as period,
        actual,
        round(actual / nullif(target, 0), 6) as progress,
        months_left,
        case
            when comparator <> 'at_most' and not is_reached and months_left > 0
                then round((target - actual) / months_left, 6)
        end as pace_needed,
        case
            when is_reached and (months_left = 0 or comparator <> 'at_most') then 'reached'
            when months_left = 0 then 'missed'
            when is_reached or (comparator <> 'at_most' and is_on_track) then 'on_track'
            else 'behind'
        end as status
    from judged

)

select * from final
