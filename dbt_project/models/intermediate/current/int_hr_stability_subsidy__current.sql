with

stg_hr_stability_subsidy as (

    select * from {{ ref('stg_hr_stability_subsidy') }}

),

final as (

    select * from stg_hr_stability_subsidy

)

select * from final
