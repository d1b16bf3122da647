{{ config(tags=['monitor']) }}

with

counted as (

    select count(*) as cells from {{ ref('int_monitoring__district_month') }}

),

expected as (

    select count(*) as cells
    from {{ ref('int_monitoring__series_place') }}
    cross join {{ ref('int_monitoring__month') }}

)

select
    counted.cells,
    expected.cells as expected_cells
from counted
cross join expected
where counted.cells <> expected.cells
