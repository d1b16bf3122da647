with

stg_fn_listing as (

    select * from {{ ref('stg_fn_listing') }}

),

final as (

    select distinct on (listing_no) *
    from stg_fn_listing
    order by listing_no asc, delivered_on desc, delivery_id desc

)

select * from final
