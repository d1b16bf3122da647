{{ config(materialized='table', indexes=[{'columns': ['voucher_no'], 'unique': true}]) }}

with

stg_tx_payment as (

    select * from {{ ref('stg_tx_payment') }}

),

final as (

    select distinct on (voucher_no) *
    from stg_tx_payment
    order by voucher_no asc, version desc

)

select * from final
