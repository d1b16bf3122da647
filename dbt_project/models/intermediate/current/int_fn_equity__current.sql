with

stg_fn_equity as (

    select * from {{ ref('stg_fn_equity') }}

),

final as (

    select * from stg_fn_equity

)

select * from final
