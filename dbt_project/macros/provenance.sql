{#- Expressions of mart.enterprise_provenance, written out from the rules of survivorship. -#}

{#- (attribute, value) of every claim of a dataset, values as the master has them. -#}
{% macro claimed_values(dataset, attributes) -%}
    {%- set found = [] -%}
    {%- for attribute, rule in attributes.items() if dataset in rule['claims'] -%}
        {%- do found.append("('" ~ attribute ~ "', " ~ read_claim(dataset, rule) ~ ")") -%}
    {%- endfor -%}
    (values {{ found | join(', ') }})
{%- endmacro %}

{#- A claim read as its rule says; codes of the register were checked, those of others come in many writings. -#}
{% macro read_claim(dataset, rule) -%}
    {%- set field = 'stated.' ~ rule['claims'][dataset] -%}
    {%- set code = field if dataset == 'ms_registration' else code_key(field) -%}
    {%- if rule['reads'] == 'date' -%} {{ field }}::text
    {%- elif rule['reads'] == 'money' -%} {{ money(field) }}::text
    {%- elif rule['reads'] == 'code' -%} case when length({{ code }}) = 18 then {{ code }} end
    {%- elif rule['reads'] == 'org_code' -%}
        case length({{ code }})
            when 18 then substr({{ code }}, 9, 9)
            when 15 then case when not {{ is_personal_number(code) }} then right({{ code }}, 9) end
            when 9 then {{ code }}
        end
    {%- elif rule['reads'] == 'district' -%}
        case when {{ field }} is not null then coalesce(
            (select max(d.today_code) from {{ ref('seed_district_code') }} as d where d.code = {{ field }}), '370299'
        ) end
    {%- else -%} {{ field }}
    {%- endif -%}
{%- endmacro %}

{#- What the master says of an attribute, as text. -#}
{% macro master_value(attribute, enterprise, rules) -%}
    case {{ attribute }}
        {%- for name in rules['attributes'] %}
            when '{{ name }}' then {{ enterprise }}.{{ name }}::text
        {%- endfor %}
        end
{%- endmacro %}

{#- How the attribute was decided. -#}
{% macro rule_name(attribute, is_unregistered, rules) -%}
    case
            when judged.decided ? {{ attribute }} then 'reviewer'
            when not {{ is_unregistered }} then 'rank: ms_registration'
            {%- for name, rule in rules['attributes'].items() if rule['unregistered']['by'] in ('agreement', 'rank') %}
            when {{ attribute }} = '{{ name }}' then
                {%- if rule['unregistered']['by'] == 'agreement' %} 'agreement'
                {%- else %} 'rank: {{ rule['unregistered']['rank'] | join(', ') }}'
                {%- endif %}
            {%- endfor %}
            else 'none'
        end
{%- endmacro %}

{#-
  Of the attributes another follows from, the one whose raw row it has: the first that a reviewer decided, else the first.
-#}
{% macro told_by(bases) -%}
    {%- if bases | length == 1 -%} '{{ bases[0] }}'
    {%- else -%}
        case
                {%- for base in bases %}
                when judged.decided ? '{{ base }}' then '{{ base }}'
                {%- endfor %}
                else '{{ bases[0] }}'
            end
    {%- endif -%}
{%- endmacro %}

{#- A claim itself, and where it is chosen what follows from it; is_told says whether it is the case. -#}
{% macro told_values(rules) -%}
    (
        values
        (judged.attribute, judged.value, {{ rule_name('judged.attribute', 'judged.is_unregistered', rules) }}, true)
        {%- for attribute, bases in rules['derived'].items() %},
        (
            '{{ attribute }}', enterprise.{{ attribute }}::text, 'derived: {{ bases | join(', ') }}',
            judged.is_chosen and judged.attribute = {{ told_by(bases) }}
        )
        {%- endfor %}
    )
{%- endmacro %}

{#- Values that an unregistered enterprise has without anybody's word, and what follows from them. -#}
{% macro given_values(rules) -%}
    {%- set found = [] -%}
    {%- for attribute, rule in rules['attributes'].items() if rule['unregistered']['by'] == 'given' -%}
        {%- do found.append("('" ~ attribute ~ "', enterprise." ~ attribute ~ ")") -%}
    {%- endfor -%}
    {%- for attribute, bases in rules['derived'].items()
        if rules['attributes'][bases[0]]['unregistered']['by'] in ('given', 'none') -%}
        {%- do found.append("('" ~ attribute ~ "', enterprise." ~ attribute ~ "::text)") -%}
    {%- endfor -%}
    {#- what follows from a value that nobody says either -#}
    {%- for attribute, bases in rules['derived'].items()
        if rules['attributes'][bases[0]]['unregistered']['by'] not in ('given', 'none') -%}
        {%- set value = 'case when enterprise.' ~ bases[0] ~ ' is null then enterprise.' ~ attribute ~ '::text end' -%}
        {%- do found.append("('" ~ attribute ~ "', " ~ value ~ ")") -%}
    {%- endfor -%}
    (values {{ found | join(', ') }})
{%- endmacro %}

{#- One enterprise's rows are found by the keys of its records; made once, kept by every load from then on. -#}
{% macro provenance_indexes() -%}
    {%- for dataset, source in survivorship()['datasets'].items() %}
    {%- set key = 'source_key' if source['tied_by'] == 'record' else source['tied_by'] ~ '_no' %}
    create index if not exists stg_{{ dataset }}_{{ key }} on {{ ref('stg_' ~ dataset) }} ({{ key }});
    {%- endfor %}
{%- endmacro %}
