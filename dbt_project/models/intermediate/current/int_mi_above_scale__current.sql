with

stg_mi_above_scale as (

    select * from {{ ref('stg_mi_above_scale') }}

),

newest as (

    -- The newest snapshot taken in, which may hold nothing at all; one that repeats another has no rows of its own.
    select delivery_id
    from {{ source('ops', 'delivery') }}
    where
        dataset = 'mi_above_scale'
        and state = 'accepted'
        and (building or built_at is not null)
        and repeats_delivery_id is null
    order by delivered_on desc, delivery_id desc
    limit 1

),

final as (

    select stg_mi_above_scale.*
    from stg_mi_above_scale
    inner join newest on stg_mi_above_scale.delivery_id = newest.delivery_id

)

select * from final
