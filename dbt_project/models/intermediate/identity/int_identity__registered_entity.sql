{{ config(indexes=[{'columns': ['entity_no'], 'unique': true}]) }}

with

stg_ms_registration as (

    select * from {{ ref('stg_ms_registration') }}

),

final as (

    select
        entity_no,
        {{ enterprise_id("'ms_registration|' || entity_no") }} as enterprise_id
    from stg_ms_registration
    group by entity_no

)

select * from final
