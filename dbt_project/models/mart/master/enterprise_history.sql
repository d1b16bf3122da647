{{ config(materialized='view', post_hook="{{ enterprise_as_of(this) }}") }}

{%- set facts = [
    'uscc', 'org_code', 'name', 'entity_category', 'reg_type_code', 'holding_type', 'is_private', 'status',
    'established_on', 'closed_on', 'registered_capital_yuan', 'district_code', 'zone_code', 'address', 'industry_code',
    'industry_section', 'is_branch', 'registered_capital_amount', 'currency'
] -%}

with

-- of an enterprise that never changed the master says all there is
final as (

    select
        enterprise.enterprise_id,
        {%- for fact in facts %}
        enterprise.{{ fact }},
        {%- endfor %}
        coalesce(
            enterprise.established_on, case when enterprise.status = '未登记' then enterprise.told_on else '-infinity' end
        ) as valid_from,
        'infinity'::date as valid_to,
        {{ known_time('enterprise.told_on') }} as known_from,
        'infinity'::timestamptz as known_to
    from {{ ref('enterprise') }} as enterprise
    left join {{ ref('enterprise_changed') }} as changed on enterprise.enterprise_id = changed.enterprise_id
    where changed.enterprise_id is null
    union all
    select
        enterprise_id,
        {%- for fact in facts %}
        {{ fact }},
        {%- endfor %}
        valid_from,
        valid_to,
        known_from,
        known_to
    from {{ ref('enterprise_changed') }}

)

select * from final
