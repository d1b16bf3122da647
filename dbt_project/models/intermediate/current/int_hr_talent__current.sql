{{ config(materialized='table', indexes=[{'columns': ['employer_no', 'as_of_year'], 'unique': true}]) }}

with

stg_hr_talent as (

    select * from {{ ref('stg_hr_talent') }}

),

final as (

    select distinct on (employer_no, as_of_year) *
    from stg_hr_talent
    order by employer_no asc, as_of_year asc, version desc

)

select * from final
