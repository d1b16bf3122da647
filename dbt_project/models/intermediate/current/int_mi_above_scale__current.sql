with

stg_mi_above_scale as (

    select * from {{ ref('stg_mi_above_scale') }}

),

newest as (

    select delivery_id
    from stg_mi_above_scale
    order by delivered_on desc, delivery_id desc
    limit 1

),

final as (

    select stg_mi_above_scale.*
    from stg_mi_above_scale
    inner join newest on stg_mi_above_scale.delivery_id = newest.delivery_id

)

select * from final
