with

delivery as (

    select * from {{ source('ops', 'delivery') }}

),

final as (

    -- A repeated delivery holds no accepted row: the one it repeats is the snapshot.
    select
        delivery_id,
        dataset,
        delivered_on,
        lead(delivered_on, 1, 'infinity') over successive as replaced_on,
        date_trunc('month', delivered_on)::date as month,
        coalesce(
            lead(date_trunc('month', delivered_on)) over successive > date_trunc('month', delivered_on), true
        ) as is_last_of_month
    from delivery
    where
        state = 'accepted'
        and built_at is not null
        and repeats_delivery_id is null
        and dataset in ('fn_loan', 'mi_above_scale')
    window successive as (partition by dataset order by delivered_on, delivery_id)

)

select * from final
