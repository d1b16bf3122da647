-- One row per row of plan_actual: progress, what every month left has to bring, and how the target stands. The pace of
-- what stands is read from known months alone.
create temporary view plan_standing as
with dated as (
    select
        actual.*,
        aim.target,
        aim.comparator,
        extract(year from actual.month) * 12 + extract(month from actual.month) as month_no,
        aim.year * 12 + 12 as last_no
    from plan_actual as actual
    inner join plan_aim as aim on aim.target_code = actual.target_code
),

paced as (
    select
        *,
        last_no - month_no as months_left,
        month_no - first_year * 12 as months_gone,
        -- what a month brought on average, over the last year at most
        (actual - first_value(actual) over a_year_ago) / 12 as year_pace,
        (actual - first_value(actual) over so_far) / nullif(month_no - first_value(month_no) over so_far, 0)
            as series_pace
    from dated
    where not is_hidden
    window
        so_far as (partition by target_code order by month_no),
        a_year_ago as (partition by target_code order by month_no range between 12 preceding and 12 preceding)
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
    from paced
)

select
    target_code,
    month,
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
    end as status,
    null as reason
from judged
union all
select target_code, month, null, null, last_no - month_no, null, 'no_data', 'hidden' from dated where is_hidden;
