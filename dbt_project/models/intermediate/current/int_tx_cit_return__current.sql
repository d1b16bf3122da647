{{ config(materialized='table', indexes=[{'columns': ['taxpayer_no', 'tax_year'], 'unique': true}]) }}

with

stg_tx_cit_return as (

    select * from {{ ref('stg_tx_cit_return') }}

),

final as (

    select distinct on (taxpayer_no, tax_year) *
    from stg_tx_cit_return
    order by taxpayer_no asc, tax_year asc, version desc

)

select * from final
