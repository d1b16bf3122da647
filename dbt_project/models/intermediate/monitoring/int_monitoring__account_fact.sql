with

enterprise_month as (

    select * from {{ ref('enterprise_month') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

district_span as (

    select * from {{ ref('int_enterprise__district_span') }}

),

attribute as (

    select * from {{ ref('int_monitoring__enterprise_attribute') }}

),

summed as (

    -- Four measures in one pass: this is the largest input of all figures.
    select
        enterprise_month.month,
        district_span.district_code,
        {{ monitoring_attributes('attribute') }},
        sum(enterprise_month.tax_paid) as tax_paid,
        sum(enterprise_month.sales) as sales,
        sum(enterprise_month.export_sales) as export_sales,
        sum(enterprise_month.insured_headcount) as insured_headcount
    from enterprise_month
    inner join month on enterprise_month.month = month.month
    inner join district_span
        on
            enterprise_month.enterprise_id = district_span.enterprise_id
            and month.month_end >= district_span.valid_from
            and month.month_end < district_span.valid_to
    inner join attribute on enterprise_month.enterprise_id = attribute.enterprise_id
    group by enterprise_month.month, district_span.district_code, {{ monitoring_attributes('attribute') }}

),

final as (

    select
        measure.indicator_code,
        summed.month,
        summed.district_code,
        {{ monitoring_attributes('summed') }},
        '' as tier,
        measure.amount,
        null::numeric as base
    from summed
    cross join
        lateral (
            values
            ('tax_paid_yuan', summed.tax_paid),
            ('sales_yuan', summed.sales),
            ('export_sales_yuan', summed.export_sales),
            ('insured_headcount', summed.insured_headcount)
        ) as measure (indicator_code, amount)
    where measure.amount is not null

)

select * from final
