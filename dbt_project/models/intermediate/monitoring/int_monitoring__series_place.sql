with

series as (

    select * from {{ ref('int_monitoring__series') }}

),

measure as (

    select * from {{ ref('int_monitoring__measure') }}

),

-- A part of a district that never had anything of it is not there; zero everywhere would be most of a release.
final as (

    select
        series.series_no,
        district.district_code
    from series
    cross join {{ ref('int_monitoring__district') }} as district
    where series.breakdown in ('', 'tier')
    union
    select
        series.series_no,
        measure.district_code
    from measure
    inner join series
        on
            measure.indicator_code = series.indicator_code
            and measure.scope = series.scope
            and measure.breakdown = series.breakdown
            and measure.breakdown_value = series.breakdown_value

)

select * from final
