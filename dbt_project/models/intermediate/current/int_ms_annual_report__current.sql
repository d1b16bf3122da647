{{ config(materialized='table', indexes=[{'columns': ['entity_no', 'report_year'], 'unique': true}]) }}

with

stg_ms_annual_report as (

    select * from {{ ref('stg_ms_annual_report') }}

),

final as (

    select distinct on (entity_no, report_year) *
    from stg_ms_annual_report
    order by entity_no asc, report_year asc, version desc

)

select * from final
