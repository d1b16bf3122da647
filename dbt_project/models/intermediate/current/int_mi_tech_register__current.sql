with

stg_mi_tech_register as (

    select * from {{ ref('stg_mi_tech_register') }}

),

final as (

    select distinct on (cert_no) *
    from stg_mi_tech_register
    order by cert_no asc, delivered_on desc, delivery_id desc

)

select * from final
