with

cell as (

    -- The city is its districts and 未分配, also for rates: sums first, then the quotient.
    select
        series_no,
        indicator_code,
        scope,
        breakdown,
        breakdown_value,
        month,
        bool_or(is_incomplete) as is_incomplete,
        sum(amount) as amount,
        sum(base) as base
    from {{ ref('int_monitoring__district_cell') }}
    group by series_no, indicator_code, scope, breakdown, breakdown_value, month

),

indicator as (

    select * from {{ ref('seed_indicator') }}

),

valued as (

    select
        cell.*,
        indicator.name as indicator_name,
        indicator.unit,
        indicator.kind,
        {{ monitoring_value('cell', 'indicator') }} as value
    from cell
    inner join indicator on cell.indicator_code = indicator.code

),

final as (

    select
        to_char(month, 'YYYY-MM') as period,
        indicator_code,
        indicator_name,
        scope,
        breakdown,
        breakdown_value,
        value,
        unit,
        {{ monitoring_comparisons('series_no') }},
        case when is_incomplete then 'incomplete' else 'published' end as cell_status
    from valued

)

select * from final
