with

fact as (

    select * from {{ ref('int_monitoring__fact') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

indicator as (

    select * from {{ ref('seed_indicator') }}
    where additive

),

change as (

    select
        indicator_code,
        month,
        sum(amount) as total,
        sum(amount) filter (where district_code = '370299') as unassigned,
        sum(amount) filter (where not is_registered) as unregistered
    from fact
    group by indicator_code, month

),

running as (

    select
        indicator.code as indicator_code,
        indicator.basis,
        month.period,
        change.total,
        change.unassigned,
        change.unregistered,
        sum(change.total) over so_far as total_so_far,
        sum(change.unassigned) over so_far as unassigned_so_far,
        sum(change.unregistered) over so_far as unregistered_so_far
    from indicator
    cross join month
    left join change
        on
            indicator.code = change.indicator_code
            and month.month = change.month
    window so_far as (partition by indicator.code order by month.month)

),

final as (

    select
        period,
        indicator_code,
        coalesce(case basis when 'interval' then total_so_far else total end, 0) as total,
        coalesce(case basis when 'interval' then unassigned_so_far else unassigned end, 0) as unassigned,
        coalesce(case basis when 'interval' then unregistered_so_far else unregistered end, 0) as unregistered
    from running

)

select * from final
