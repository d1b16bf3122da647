{{ config(materialized='table', indexes=[{'columns': ['taxpayer_no', 'period'], 'unique': true}]) }}

with

stg_tx_vat_return as (

    select * from {{ ref('stg_tx_vat_return') }}

),

final as (

    select distinct on (taxpayer_no, period) *
    from stg_tx_vat_return
    order by taxpayer_no asc, period asc, version desc

)

select * from final
