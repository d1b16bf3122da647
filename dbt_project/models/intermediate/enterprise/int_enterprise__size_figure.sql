{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

size_industry as (

    select * from {{ ref('seed_size_industry') }}

),

year_report as (

    select * from {{ ref('int_enterprise__year_report') }}

),

enterprise_year as (

    select * from {{ ref('enterprise_year') }}

),

enterprise_month as (

    select * from {{ ref('enterprise_month') }}

),

last_year as (

    select extract(year from {{ as_of() }})::bigint - 1 as year

),

industries as (

    select distinct on (codes.industry_code)
        codes.industry_code,
        size_industry.size_industry
    from (select distinct industry_code from registration) as codes
    inner join size_industry
        on starts_with(substring(codes.industry_code from '^[A-T]?(\d{2,4})$'), size_industry.code_prefix)
    order by codes.industry_code asc, length(size_industry.code_prefix) desc

),

final as (

    select
        registration.enterprise_id,
        industries.size_industry,
        last_year.year,
        coalesce(december.insured_headcount, year_report.employees) as headcount,
        case
            when december.insured_headcount is not null then 'hr_insurance'
            when year_report.employees is not null then 'ms_annual_report'
        end as headcount_dataset,
        enterprise_year.revenue / 10000 as revenue_wan,
        enterprise_year.total_assets / 10000 as total_assets_wan
    from registration
    cross join last_year
    left join industries on registration.industry_code = industries.industry_code
    left join enterprise_month as december
        on
            registration.enterprise_id = december.enterprise_id
            and december.month = make_date(last_year.year::integer, 12, 1)
    left join year_report
        on
            registration.enterprise_id = year_report.enterprise_id
            and last_year.year = year_report.year
    left join enterprise_year
        on
            registration.enterprise_id = enterprise_year.enterprise_id
            and last_year.year = enterprise_year.year

)

select * from final
