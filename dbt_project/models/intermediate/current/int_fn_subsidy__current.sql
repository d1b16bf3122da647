with

stg_fn_subsidy as (

    select * from {{ ref('stg_fn_subsidy') }}

),

final as (

    select * from stg_fn_subsidy

)

select * from final
