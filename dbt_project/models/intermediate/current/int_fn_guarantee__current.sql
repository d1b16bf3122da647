with

stg_fn_guarantee as (

    select * from {{ ref('stg_fn_guarantee') }}

),

final as (

    select * from stg_fn_guarantee

)

select * from final
