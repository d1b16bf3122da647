{{ config(materialized='view') }}

with

size_class as (

    select * from {{ ref('int_enterprise__size_class') }}

),

-- which figures the rule asks for in each industry
asked as (

    select
        size_industry,
        bool_or(headcount_min is not null) as headcount,
        bool_or(revenue_wan_min is not null) as revenue,
        bool_or(total_assets_wan_min is not null) as total_assets
    from {{ ref('seed_size_threshold') }}
    group by size_industry

),

final as (

    select
        size_class.enterprise_id,
        size_class.size_class,
        size_class.figures_year,
        size_class.size_industry,
        size_class.headcount::bigint as headcount,
        size_class.headcount_dataset,
        {{ money('size_class.revenue_wan * 10000') }} as revenue,
        {{ money('size_class.total_assets_wan * 10000') }} as total_assets,
        case
            when size_class.size_industry is null then 'industry_code'
            else nullif(concat_ws(
                ', ',
                case when asked.headcount and size_class.headcount is null then 'headcount' end,
                case when asked.revenue and size_class.revenue_wan is null then 'revenue' end,
                case when asked.total_assets and size_class.total_assets_wan is null then 'total_assets' end
            ), '')
        end as missing
    from size_class
    left join asked on size_class.size_industry = asked.size_industry

)

select * from final
