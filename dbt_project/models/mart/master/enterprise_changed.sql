{%- set facets = history_facets() -%}
{{ config(post_hook="{{ tells_one_thing(this) }}") }}

{%- set facts = history_facts() -%}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

belief as (

    select * from {{ ref('int_enterprise__decided_belief') }}

),

industry as (

    select * from {{ ref('seed_industry') }}

),

version as (

    select * from {{ ref('int_enterprise__believed_version') }}
    where is_new

),

-- every facet as the version that spoke of it last left it, unless a reviewer decided otherwise
told as (

    select
        belief.enterprise_id,
        belief.valid_from,
        belief.valid_to,
        belief.known_on,
        belief.corrected_on,
        {{ decided_value('established_on', 'belief.established_on', 'belief.decided') }} as established_on,
        belief.closed_on,
        {%- for facet, told in facets.items() %}
        {%- for value in told['values'] %}
        {{ decided_field(value, facet ~ '_version', 'belief.decided') }},
        {%- endfor %}
        {%- endfor %}
        coalesce(status_version.status, '存续') as status
    from belief
    left join version as status_version
        on
            belief.enterprise_id = status_version.enterprise_id
            and belief.status_no = status_version.version_no
    {%- for facet in facets %}
    inner join version as {{ facet }}_version
        on
            belief.enterprise_id = {{ facet }}_version.enterprise_id
            and belief.{{ facet }}_no = {{ facet }}_version.version_no
    {%- endfor %}

),

changed as (

    select
        told.*,
        told.entity_name as name,
        substr(told.uscc, 9, 9) as org_code,
        {{ is_private('told.entity_category', 'told.holding_type', 'told.reg_type_code') }} as is_private,
        {{ money(capital_in_yuan('told.registered_capital_yuan', 'told.currency')) }} as capital_yuan,
        {{ money('told.registered_capital_yuan') }} as registered_capital_amount,
        industry.section as industry_section,
        case
            when told.entity_name = registration.entity_name and told.entity_category = registration.entity_category
                then registration.is_branch
            else told.entity_category = '企业' and coalesce({{ is_branch_name(name_key('told.entity_name')) }}, false)
        end as is_branch
    from told
    inner join registration on told.enterprise_id = registration.enterprise_id
    left join industry on {{ industry_division('told.industry_code') }} = industry.code

),

final as (

    select
        enterprise_id,
        {%- for fact in facts %}
        {{ fact if fact != 'registered_capital_yuan' else 'capital_yuan as registered_capital_yuan' }},
        {%- endfor %}
        valid_from,
        valid_to,
        {{ known_time('known_on') }} as known_from,
        {{ known_time('corrected_on') }} as known_to
    from changed

)

select * from final
order by enterprise_id, valid_from, known_from
