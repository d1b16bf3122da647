{{ config(tags=['monitor']) }}

select
    counted.cells,
    expected.cells as expected_cells
from (select count(*) as cells from {{ ref('int_monitoring__district_month') }}) as counted
cross join (
    select
        (select count(*) from {{ ref('int_monitoring__series') }})
        * (select count(*) from {{ ref('int_monitoring__month') }})
        * (select count(*) from {{ ref('int_monitoring__district') }}) as cells
) as expected
where counted.cells <> expected.cells
