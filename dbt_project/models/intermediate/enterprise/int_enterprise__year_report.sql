with

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}

),

annual_report as (

    select * from {{ ref('int_ms_annual_report__current') }}

),

final as (

    select
        record_link.enterprise_id,
        annual_report.report_year as year,
        sum(annual_report.employees)::bigint as employees,
        sum(annual_report.revenue_yuan) as revenue,
        sum(annual_report.total_assets_yuan) as total_assets,
        sum(annual_report.total_liabilities_yuan) as total_liabilities
    from annual_report
    inner join record_link
        on
            annual_report.source_key = record_link.source_key
            and record_link.dataset = 'ms_annual_report'
    group by record_link.enterprise_id, annual_report.report_year

)

select * from final
