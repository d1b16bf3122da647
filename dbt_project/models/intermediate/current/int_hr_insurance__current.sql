{{ config(materialized='table', indexes=[{'columns': ['employer_no', 'month'], 'unique': true}]) }}

with

stg_hr_insurance as (

    select * from {{ ref('stg_hr_insurance') }}

),

final as (

    select distinct on (employer_no, month) *
    from stg_hr_insurance
    order by employer_no asc, month asc, version desc

)

select * from final
