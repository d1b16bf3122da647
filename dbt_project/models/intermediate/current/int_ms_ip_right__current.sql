with

stg_ms_ip_right as (

    select * from {{ ref('stg_ms_ip_right') }}

),

final as (

    select distinct on (ip_no) *
    from stg_ms_ip_right
    order by ip_no asc, delivered_on desc, delivery_id desc

)

select * from final
