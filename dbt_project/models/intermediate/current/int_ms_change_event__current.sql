with

stg_ms_change_event as (

    select * from {{ ref('stg_ms_change_event') }}

),

final as (

    select * from stg_ms_change_event

)

select * from final
