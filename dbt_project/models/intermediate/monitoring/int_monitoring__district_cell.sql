with

series as (

    select * from {{ ref('int_monitoring__series') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

place as (

    select * from {{ ref('int_monitoring__series_place') }}

),

measure as (

    select * from {{ ref('int_monitoring__measure') }}

),

indicator as (

    select * from {{ ref('seed_indicator') }}

),

coverage as (

    select * from {{ ref('int_monitoring__coverage') }}

),

grid as (

    select
        series.*,
        month.month,
        place.district_code,
        indicator.basis,
        coverage.is_incomplete,
        coverage.is_empty,
        measure.amount,
        measure.base
    from series
    inner join place on series.series_no = place.series_no
    cross join month
    inner join indicator on series.indicator_code = indicator.code
    inner join coverage
        on
            series.indicator_code = coverage.indicator_code
            and month.month = coverage.month
    left join measure
        on
            series.indicator_code = measure.indicator_code
            and series.scope = measure.scope
            and series.breakdown = measure.breakdown
            and series.breakdown_value = measure.breakdown_value
            and month.month = measure.month
            and place.district_code = measure.district_code

),

final as (

    -- A state carries on until it changes: its figure is the running sum of the changes.
    select
        series_no,
        indicator_code,
        scope,
        breakdown,
        breakdown_value,
        month,
        district_code,
        is_incomplete,
        case
            when basis = 'interval' then coalesce(sum(amount) over so_far, 0)
            when is_empty then null
            else coalesce(amount, 0)
        end as amount,
        case
            when basis = 'interval' then coalesce(sum(base) over so_far, 0)
            else base
        end as base
    from grid
    window so_far as (partition by series_no, district_code order by month)

)

select * from final
