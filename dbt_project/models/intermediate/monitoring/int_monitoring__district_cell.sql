with

series as (

    select * from {{ ref('int_monitoring__series') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

district as (

    select * from {{ ref('int_monitoring__district') }}

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
        district.district_code,
        indicator.basis,
        coverage.is_incomplete,
        coverage.is_empty,
        measure.amount,
        measure.base
    from series
    cross join month
    cross join district
    inner join indicator on series.indicator_code = indicator.code
    inner join coverage
        on
            series.indicator_code = coverage.indicator_code
            and month.month = coverage.month
    left join measure
        on
            series.series_no = measure.series_no
            and month.month = measure.month
            and district.district_code = measure.district_code

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
