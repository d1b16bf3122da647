with

stg_mi_tier_holder as (

    select * from {{ ref('stg_mi_tier_holder') }}

),

final as (

    select distinct on (cert_no) *
    from stg_mi_tier_holder
    order by cert_no asc, delivered_on desc, delivery_id desc

)

select * from final
