with

stg_fn_loan as (

    select * from {{ ref('stg_fn_loan') }}

),

newest as (

    select delivery_id
    from stg_fn_loan
    order by delivered_on desc, delivery_id desc
    limit 1

),

final as (

    select stg_fn_loan.*
    from stg_fn_loan
    inner join newest on stg_fn_loan.delivery_id = newest.delivery_id

)

select * from final
