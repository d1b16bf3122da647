with

counted as (

    select
        delivery_id,
        paid_month as month,
        count(*) as row_count
    from {{ ref('stg_tx_payment') }}
    group by delivery_id, paid_month
    union all
    select
        delivery_id,
        period as month,
        count(*) as row_count
    from {{ ref('stg_tx_vat_return') }}
    group by delivery_id, period
    union all
    select
        delivery_id,
        month,
        count(*) as row_count
    from {{ ref('stg_hr_insurance') }}
    group by delivery_id, month
    union all
    select
        delivery_id,
        period as month,
        count(*) as row_count
    from {{ ref('stg_st_district_indicator') }}
    group by delivery_id, period
    union all
    select
        delivery_id,
        date_trunc('month', paid_on)::date as month,
        count(*) as row_count
    from {{ ref('stg_fn_subsidy') }}
    group by delivery_id, date_trunc('month', paid_on)
    union all
    select
        delivery_id,
        date_trunc('month', signed_on)::date as month,
        count(*) as row_count
    from {{ ref('stg_fn_guarantee') }}
    group by delivery_id, date_trunc('month', signed_on)
    union all
    select
        delivery_id,
        date_trunc('month', paid_on)::date as month,
        count(*) as row_count
    from {{ ref('stg_fn_equity') }}
    group by delivery_id, date_trunc('month', paid_on)

),

final as (

    select
        delivery_id,
        month,
        row_count,
        -- A late delivery brings a month when that month is no mere handful of corrections in it.
        row_count * 2 >= max(row_count) over (partition by delivery_id) as is_carried,
        month = max(month) over (partition by delivery_id) as is_newest
    from counted
    where month is not null

)

select * from final
