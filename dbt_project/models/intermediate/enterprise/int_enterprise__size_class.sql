{{ config(unlogged=false, indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

size_industry as (

    select * from {{ ref('seed_size_industry') }}

),

threshold as (

    select * from {{ ref('seed_size_threshold') }}

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

inputs as (

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

),

-- true, false, or null where an unknown input decides; an indicator the industry does not look at is met
bounds as (

    select
        inputs.enterprise_id,
        threshold.size_class,
        (threshold.headcount_min is null or inputs.headcount >= threshold.headcount_min)
        and (threshold.revenue_wan_min is null or inputs.revenue_wan >= threshold.revenue_wan_min)
        and (threshold.total_assets_wan_min is null or inputs.total_assets_wan >= threshold.total_assets_wan_min)
            as is_met
    from inputs
    inner join threshold on inputs.size_industry = threshold.size_industry

),

classes as (

    select
        enterprise_id,
        bool_and(is_met) filter (where size_class = '大型') as is_large,
        bool_and(is_met) filter (where size_class = '中型') as is_medium,
        bool_and(is_met) filter (where size_class = '小型') as is_small
    from bounds
    group by enterprise_id

),

sized as (

    select
        inputs.*,
        case
            when inputs.size_industry = '不适用' then '不适用'
            when classes.is_large then '大型'
            when classes.is_large is null then null
            when classes.is_medium then '中型'
            when classes.is_medium is null then null
            when classes.is_small then '小型'
            when not classes.is_small then '微型'
        end as size_class,
        case when inputs.size_industry = '不适用' then false else classes.is_large end as is_large
    from inputs
    left join classes on inputs.enterprise_id = classes.enterprise_id

),

final as (

    select
        enterprise_id,
        size_class,
        is_large,
        case when size_class <> '不适用' then year end as size_year,
        year as figures_year,
        size_industry,
        headcount,
        headcount_dataset,
        revenue_wan,
        total_assets_wan
    from sized

)

select * from final
