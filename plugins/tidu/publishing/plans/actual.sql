-- One row per target and month of its plan with a figure, or with one that is hidden: what is reached by then. A sum is
-- hidden where any month or scope it is made of is.
create temporary view plan_actual as
with summed as (
    select
        figure.*,
        aim.kind,
        aim.plan_since,
        aim.since,
        aim.year,
        sum(figure.value) filter (where extract(year from figure.month) >= aim.since) over so_far as since_start,
        bool_or(figure.is_hidden) filter (where extract(year from figure.month) >= aim.since) over so_far
            as start_hidden,
        sum(figure.value) over this_year as this_year,
        sum(figure.over_value) over this_year as over_this_year,
        bool_or(figure.is_hidden) over this_year as year_hidden
    from plan_figure as figure
    inner join plan_aim as aim on aim.target_code = figure.target_code
    window
        so_far as (partition by figure.target_code order by figure.month),
        this_year as (partition by figure.target_code, extract(year from figure.month) order by figure.month)
),

known as (
    select
        summed.*,
        case
            when newly_held is not null then false
            when kind = 'increase' then coalesce(start_hidden, false)
            when indicator_kind = 'flow' then year_hidden
            else is_hidden
        end as rests_on_hidden
    from summed
    where month between make_date(plan_since, 1, 1) and make_date(year, 12, 1)
),

final as (
    select
        target_code,
        month,
        case
            when rests_on_hidden then null
            when newly_held is not null then newly_held
            when kind = 'increase' and indicator_kind = 'flow' then since_start
            when kind = 'level' and indicator_kind = 'flow' then this_year
            when kind = 'level' then value
            when kind = 'share' and indicator_kind = 'flow' then round(this_year / nullif(over_this_year, 0), 10)
            when kind = 'share' then round(value / nullif(over_value, 0), 10)
        end as actual,
        rests_on_hidden as is_hidden,
        -- what grows from nothing within the span; all else stands where it stands
        kind = 'increase' or (kind = 'level' and indicator_kind = 'flow') as is_running,
        case when kind = 'increase' then since when indicator_kind = 'flow' then year else plan_since end as first_year
    from known
)

select * from final where actual is not null or is_hidden;
