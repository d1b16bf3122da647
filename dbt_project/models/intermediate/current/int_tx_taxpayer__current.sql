{{ config(materialized='table', indexes=[{'columns': ['taxpayer_no'], 'unique': true}]) }}

with

stg_tx_taxpayer as (

    select * from {{ ref('stg_tx_taxpayer') }}

),

final as (

    select distinct on (taxpayer_no) *
    from stg_tx_taxpayer
    order by taxpayer_no asc, updated_at desc

)

select * from final
