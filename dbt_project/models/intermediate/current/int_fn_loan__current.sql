with

stg_fn_loan as (

    select * from {{ ref('stg_fn_loan') }}

),

newest as (

    -- The newest snapshot taken in, which may hold nothing at all; one that repeats another has no rows of its own.
    select delivery_id
    from {{ source('ops', 'delivery') }}
    where
        dataset = 'fn_loan'
        and state = 'accepted'
        and (building or built_at is not null)
        and repeats_delivery_id is null
    order by delivered_on desc, delivery_id desc
    limit 1

),

final as (

    select stg_fn_loan.*
    from stg_fn_loan
    inner join newest on stg_fn_loan.delivery_id = newest.delivery_id

)

select * from final
