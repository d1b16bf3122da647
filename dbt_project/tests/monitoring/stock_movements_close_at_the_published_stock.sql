{{ config(tags=['monitor']) }}

select * from {{ ref('int_monitoring__stock_movement') }}
where closing <> stock
