{{ config(unlogged=false, indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

size_figure as (

    select * from {{ ref('int_enterprise__size_figure') }}

),

threshold as (

    select * from {{ ref('seed_size_threshold') }}

),

ruled as (

    select distinct size_industry from threshold

),

-- without an industry of the rule any of them may be the enterprise's
candidate as (

    select
        *,
        size_industry as judged_as
    from size_figure
    where size_industry is not null
    union all
    select
        size_figure.*,
        ruled.size_industry as judged_as
    from size_figure
    cross join ruled
    where size_figure.size_industry is null

),

-- true, false, or null where an unknown input decides; an indicator the industry does not look at is met
bounds as (

    select
        candidate.enterprise_id,
        candidate.judged_as,
        threshold.size_class,
        (threshold.headcount_min is null or candidate.headcount >= threshold.headcount_min)
        and (threshold.revenue_wan_min is null or candidate.revenue_wan >= threshold.revenue_wan_min)
        and (threshold.total_assets_wan_min is null or candidate.total_assets_wan >= threshold.total_assets_wan_min)
            as is_met
    from candidate
    inner join threshold on candidate.judged_as = threshold.size_industry

),

classes as (

    select
        enterprise_id,
        judged_as,
        bool_and(is_met) filter (where size_class = '大型') as is_large,
        bool_and(is_met) filter (where size_class = '中型') as is_medium,
        bool_and(is_met) filter (where size_class = '小型') as is_small
    from bounds
    group by enterprise_id, judged_as

),

judged as (

    select
        enterprise_id,
        is_large,
        case
            when is_large then '大型'
            when is_large is null then null
            when is_medium then '中型'
            when is_medium is null then null
            when is_small then '小型'
            when not is_small then '微型'
        end as size_class
    from classes

),

-- what all of them say is known, whichever of them it is
agreed as (

    select
        enterprise_id,
        case when bool_and(size_class is not null) and min(size_class) = max(size_class) then min(size_class) end
            as size_class,
        case when bool_and(is_large is true) then true when bool_and(is_large is false) then false end as is_large
    from judged
    group by enterprise_id

),

sized as (

    select
        size_figure.*,
        case when size_figure.size_industry = '不适用' then '不适用' else agreed.size_class end as size_class,
        case when size_figure.size_industry = '不适用' then false else agreed.is_large end as is_large
    from size_figure
    left join agreed on size_figure.enterprise_id = agreed.enterprise_id

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
