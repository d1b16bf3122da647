{#- The rules of survivorship for those the register does not know. -#}
{%- set rules = survivorship() -%}
{%- set agreed = agreed_attributes(rules) -%}
{%- set ranked = ranked_claims(rules) -%}
{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

party_variant as (

    select * from {{ ref('int_identity__party_variant') }}

),

party_code as (

    select * from {{ ref('int_identity__party_code') }}

),

override as (

    {{ decided_values() }}

),

variants as (

    select
        provisional_party.enterprise_id,
        party_variant.name,
        party_variant.weight,
        party_variant.first_delivered_on,
        party_code.org_code,
        case when party_code.is_uscc then party_code.code_key end as uscc
    from provisional_party
    inner join party_variant
        on
            provisional_party.party_kind = party_variant.party_kind
            and provisional_party.party_no = party_variant.party_no
    left join party_code on party_variant.code_key = party_code.code_key

),

{%- for attribute in agreed %}

-- what most records say; of as many the least in order
{{ attribute }}_agreed as (

    select distinct on (enterprise_id)
        enterprise_id,
        {{ attribute }}
    from variants
    where {{ attribute }} is not null
    group by enterprise_id, {{ attribute }}
    order by enterprise_id asc, sum(weight) desc, {{ attribute }} asc

),
{%- endfor %}
{%- for attribute, dataset, field, subject in ranked %}

{{ attribute }}_of_{{ dataset }} as (

    select distinct on (provisional_party.enterprise_id)
        provisional_party.enterprise_id,
        newest.{{ field }} as value
    from {{ ref('int_' ~ dataset ~ '__current') }} as newest
    inner join provisional_party
        on
            newest.{{ subject }}_no = provisional_party.party_no
            and provisional_party.party_kind = '{{ subject }}'
    where newest.{{ field }} is not null
    order by provisional_party.enterprise_id asc, newest.updated_at desc, newest.{{ field }} asc

),
{%- endfor %}

known as (

    select
        enterprise_id,
        min(first_delivered_on) as first_delivered_on
    from variants
    group by enterprise_id

),

final as (

    select
        known.enterprise_id,
        {%- for attribute in agreed %}
        {%- set agreement = attribute ~ '_agreed.' ~ attribute %}
        {%- if attribute in rules['reviewer'] %}
        {{ decided_value(attribute, agreement, 'override.decided') }} as {{ attribute }},
        {%- else %}
        {{ agreement }},
        {%- endif %}
        {%- endfor %}
        {%- for attribute, ranks in ranked | groupby(0) %}
        {%- set others = ranks | map(attribute=1) | join('.value, ' ~ attribute ~ '_of_') %}
        {%- set best = 'coalesce(' ~ attribute ~ '_of_' ~ others ~ '.value)' %}
        {%- if attribute in rules['reviewer'] %}
        {{ decided_value(attribute, best, 'override.decided') }} as {{ attribute }},
        {%- else %}
        {{ best }} as {{ attribute }},
        {%- endif %}
        {%- endfor %}
        known.first_delivered_on
    from known
    left join override on known.enterprise_id = override.enterprise_id
    {{ joined_on_enterprise(agreed, ranked) }}

)

select * from final
