{{ config(materialized='table', indexes=[{'columns': ['entity_no'], 'unique': true}]) }}

with

stg_ms_registration as (

    select * from {{ ref('stg_ms_registration') }}

),

final as (

    select distinct on (entity_no) *
    from stg_ms_registration
    order by entity_no asc, updated_at desc

)

select * from final
