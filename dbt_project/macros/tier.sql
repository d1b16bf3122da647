{#- True when a row of the group meets the condition, null when one may, false when none does. -#}
{% macro any_known(condition) -%}
    case when bool_or({{ condition }}) then true when bool_or(({{ condition }}) is null) then null else false end
{%- endmacro %}

{#- What the accounts of a year say, and the years looked at: the last one and the two before it. -#}
{% macro tier_figures() -%}
    {{ return(['revenue', 'main_revenue', 'rd_expense', 'net_profit', 'total_assets', 'total_liabilities']) }}
{%- endmacro %}

{#- What an enterprise declares of itself; the declaration of the year counts. -#}
{% macro tier_declared() -%}
    {{ return([
        'niche_since', 'product_domain', 'strategic_emerging', 'key_field', 'key_chain_link',
        'domestic_market_share_pct', 'domestic_rank', 'market_position_confirmed', 'platform_score', 'digital_level',
        'core_business_on_it', 'ip_class1_high_value', 'ip_class1_own', 'ip_class1', 'ip_class2', 'local_feature_score'
    ]) }}
{%- endmacro %}

{#- What entries of the bureau's registers amount to: name -> condition on one entry. -#}
{% macro tier_entries() -%}
    {%- set awarded = "register = '科技奖励' and " -%}
    {%- set contest = "register = '创客中国名次' and in_3y and is_national and " -%}
    {{ return({
        'has_high_tech': "register = '高新技术企业' and is_valid",
        'has_tech_sme': "register = '科技型中小企业' and is_valid",
        'has_innovation_demonstration': "register = '技术创新示范企业' and is_valid and is_national",
        'has_innovation_demonstration_of_any_level': "register = '技术创新示范企业' and is_valid",
        'has_ip_demonstration': "register = '知识产权优势或示范企业' and is_valid",
        'has_rd_institute': "register = '研发机构' and is_valid",
        'has_city_rd_institute': "register = '研发机构' and is_valid and level in ('国家级', '省级', '市级')",
        'has_provincial_rd_institute': "register = '研发机构' and is_valid and is_provincial",
        'has_national_rd_institute': "register = '研发机构' and is_valid and is_national",
        'award_3y': awarded ~ 'in_3y and is_provincial',
        'award_top3_3y': awarded ~ 'in_3y and is_provincial and rank <= 3',
        'award_top3_or_national_top5_3y':
            awarded ~ 'in_3y and (is_provincial and rank <= 3 or is_national and rank <= 5)',
        'national_award_top3_3y': awarded ~ 'in_3y and is_national and rank <= 3',
        'national_award_top3_5y': awarded ~ 'in_5y and is_national and rank <= 3',
        'maker_contest_top500_3y': contest ~ 'rank <= 500',
        'maker_contest_top50_3y': contest ~ 'rank <= 50',
        'has_quality_award': "register = '质量奖' and is_valid and is_provincial",
        'has_management_certificate': "register = '管理体系认证' and is_valid",
        'has_own_brand': "register = '自主品牌' and is_valid",
        'has_standard': "register = '标准制修订' and is_valid",
        'has_national_standard': "register = '标准制修订' and is_valid and is_national",
        'has_national_standard_5y': "register = '标准制修订' and in_5y and is_national",
    }) }}
{%- endmacro %}
