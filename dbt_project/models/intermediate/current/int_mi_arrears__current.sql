with

stg_mi_arrears as (

    select * from {{ ref('stg_mi_arrears') }}

),

final as (

    select distinct on (complaint_no) *
    from stg_mi_arrears
    order by complaint_no asc, delivered_on desc, delivery_id desc

)

select * from final
