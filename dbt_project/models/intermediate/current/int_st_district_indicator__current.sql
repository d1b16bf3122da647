with

stg_st_district_indicator as (

    select * from {{ ref('stg_st_district_indicator') }}

),

final as (

    select distinct on (district_code, period, indicator_code) *
    from stg_st_district_indicator
    order by district_code asc, period asc, indicator_code asc, version desc

)

select * from final
