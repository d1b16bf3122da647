with

delivery as (

    select * from {{ source('ops', 'delivery') }}

),

bounds as (

    select
        {{ as_of() }} as as_of,
        (
            select max(delivery.build_no)
            from delivery
            where delivery.built_at is not null
        ) as built_until,
        date_trunc('month', coalesce({{ series_start() }}, (
            select min(delivery.delivered_on)
            from delivery
            where delivery.state = 'accepted' and delivery.built_at is not null
        ))) as first_month

),

final as (

    select
        month.month_start::date as month,
        (month.month_start + interval '1 month' - interval '1 day')::date as month_end,
        to_char(month.month_start, 'YYYY-MM') as period,
        bounds.as_of,
        bounds.built_until
    from bounds
    cross join
        generate_series(
            bounds.first_month::timestamp,
            date_trunc('month', bounds.as_of)::timestamp - interval '1 month',
            interval '1 month'
        ) as month (month_start)

)

select * from final
