with

stg_ms_irregularity as (

    select * from {{ ref('stg_ms_irregularity') }}

),

final as (

    select distinct on (record_no) *
    from stg_ms_irregularity
    order by record_no asc, delivered_on desc, delivery_id desc

)

select * from final
