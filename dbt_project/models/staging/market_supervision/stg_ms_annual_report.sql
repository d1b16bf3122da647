with

delivered as (

    {{ delivered_rows(source('market_supervision', 'ms_annual_report'), 'ms_annual_report') }}

),

accepted as (

    {{ accepted_rows('ms_annual_report') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['entity_no', 'report_year', 'version']) }} as source_key,
        {{ read_text('entity_no') }} as entity_no,
        {{ read_text('uscc') }} as uscc,
        {{ read_integer('report_year') }} as report_year,
        {{ read_integer('version') }} as version,
        {{ read_integer('employees') }} as employees,
        {{ read_wan('total_assets_wan') }} as total_assets_yuan,
        {{ read_wan('total_liabilities_wan') }} as total_liabilities_yuan,
        {{ read_wan('revenue_wan') }} as revenue_yuan,
        {{ read_flag('is_joint_stock') }} as is_joint_stock,
        {{ read_date('filed_on') }} as filed_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
