{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

assessed as (

    select * from {{ ref('int_tier__assessed') }}

),

accounts as (

    select * from {{ ref('int_tier__accounts') }}

),

declared as (

    select * from {{ ref('int_tier__declared') }}

),

register as (

    select * from {{ ref('int_tier__register') }}

),

title as (

    select * from {{ ref('int_tier__title') }}

),

raised as (

    select * from {{ ref('int_tier__capital_raised') }}

),

standing as (

    select * from {{ ref('int_tier__standing') }}

),

credit as (

    select * from {{ ref('int_tier__credit') }}

),

-- registers and lists are complete: who is not in one is not held, not listed; a figure nobody delivered is unknown
final as (

    select
        assessed.enterprise_id,
        assessed.district_code,
        assessed.industry_section,
        assessed.is_private,
        assessed.is_large,
        assessed.size_class,
        assessed.established_on,
        assessed.headcount as headcount_y1,
        make_date(extract(year from {{ as_of() }})::integer - 1, 12, 31) as end_of_last_year,
        {{ as_of() }} as as_of,
        {%- for figure in tier_figures() %}
        accounts.{{ figure }}_y1,
        accounts.{{ figure }}_y2,
        accounts.{{ figure }}_y3,
        {%- endfor %}
        accounts.rd_headcount_y1,
        {%- for field in tier_declared() %}
        declared.{{ field }},
        {%- endfor %}
        declared.platform_score_before,
        declared.declaration_key is not null as declared_this_year,
        {%- for entry in tier_entries() %}
        case when register.enterprise_id is null then false else register.{{ entry }} end as {{ entry }},
        {%- endfor %}
        {%- for held in ('holds_innovative', 'holds_specialised', 'holds_little_giant', 'holds_champion') %}
        coalesce(title.{{ held }}, false) as {{ held }},
        {%- endfor %}
        coalesce(title.tiers, '{}')
        || case when register.has_tech_sme then array['科技型中小企业'] else '{}' end
        || case when register.has_high_tech then array['高新技术企业'] else '{}' end as held_tiers,
        case when raised.enterprise_id is null then 0 else raised.equity_2y end as equity_2y,
        case when raised.enterprise_id is null then 0 else raised.equity_3y end as equity_3y,
        raised.equity_2y_least,
        raised.equity_3y_least,
        raised.valuation,
        coalesce(raised.has_qualified_investor, false) as has_qualified_investor,
        credit.grade as credit_grade,
        coalesce(standing.is_listed, false) as is_listed,
        coalesce(standing.is_blacklisted, false) as is_blacklisted,
        coalesce(standing.invention_patents, 0) as invention_patents,
        coalesce(standing.utility_models_and_software, 0) as utility_models_and_software
    from assessed
    left join accounts on assessed.enterprise_id = accounts.enterprise_id
    left join declared on assessed.enterprise_id = declared.enterprise_id
    left join register on assessed.enterprise_id = register.enterprise_id
    left join title on assessed.enterprise_id = title.enterprise_id
    left join raised on assessed.enterprise_id = raised.enterprise_id
    left join standing on assessed.enterprise_id = standing.enterprise_id
    left join credit on assessed.enterprise_id = credit.enterprise_id

)

select * from final
