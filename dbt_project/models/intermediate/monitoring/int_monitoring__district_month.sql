with

cell as (

    select * from {{ ref('int_monitoring__district_cell') }}

),

indicator as (

    select * from {{ ref('seed_indicator') }}

),

district as (

    select * from {{ ref('int_monitoring__district') }}

),

valued as (

    select
        cell.*,
        district.district_name,
        indicator.name as indicator_name,
        indicator.unit,
        indicator.kind,
        {{ monitoring_value('cell', 'indicator') }} as value
    from cell
    inner join indicator on cell.indicator_code = indicator.code
    inner join district on cell.district_code = district.district_code

),

final as (

    select
        to_char(month, 'YYYY-MM') as period,
        district_code,
        district_name,
        indicator_code,
        indicator_name,
        scope,
        breakdown,
        breakdown_value,
        value,
        unit,
        {{ monitoring_comparisons('series_no, district_code') }},
        case when is_incomplete then 'incomplete' else 'published' end as cell_status
    from valued

)

select * from final
