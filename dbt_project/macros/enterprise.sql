{#- Rules of the master record that more than one model asks. -#}

{#- Private in the variant `law`; holding decides, the registration type only where no holding is recorded. -#}
{% macro is_private(entity_category, holding_type, reg_type_code) -%}
    (
            {{ entity_category }} in ('个体工商户', '农民专业合作社')
            or coalesce(
                {{ holding_type }} = '私人控股', coalesce({{ reg_type_code }} in ('171', '172', '173', '174'), false)
            )
        )
{%- endmacro %}

{#- The two digits of an industry code that name its section. -#}
{% macro industry_division(industry_code) -%}
    substring({{ industry_code }} from '^[A-T]?(\d{2})\d{0,2}$')
{%- endmacro %}

{#- Registered capital in yuan, of what is in yuan or names no currency. -#}
{% macro capital_in_yuan(amount, currency) -%}
    case when coalesce({{ currency }}, 'CNY') = 'CNY' then {{ amount }} end
{%- endmacro %}

{#- When a delivery is known: its date, 00:00 in Asia/Shanghai. -#}
{% macro known_time(delivered_on) -%}
    ({{ delivered_on }}::timestamp at time zone 'Asia/Shanghai')
{%- endmacro %}

{#- An attribute as the register calls it. -#}
{% macro registered_value(attribute, rule) -%}
    {%- set field = rule['claims']['ms_registration'] -%}
    registration.{{ field }}{{ ' as ' ~ attribute if field != attribute }}
{%- endmacro %}

{#- Value of an attribute of an enterprise the register does not know, as its rule has it. -#}
{% macro unregistered_value(attribute, rule) -%}
    {%- set type = {'date': 'date', 'money': 'numeric'}.get(rule['reads'], 'text') -%}
    {%- if rule['unregistered']['by'] == 'given' -%} '{{ rule['unregistered']['value'] }}' as {{ attribute }}
    {%- elif rule['unregistered']['by'] == 'none' -%} null::{{ type }} as {{ attribute }}
    {%- else -%} unregistered.{{ attribute }}
    {%- endif -%}
{%- endmacro %}

{#- Attributes of the unregistered that are what most records say. -#}
{% macro agreed_attributes(rules) -%}
    {%- set found = [] -%}
    {%- for attribute, rule in rules['attributes'].items() if rule['unregistered']['by'] == 'agreement' -%}
        {%- do found.append(attribute) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- (attribute, dataset, field, kind of account) of what the unregistered take from the best department, best first. -#}
{% macro ranked_claims(rules) -%}
    {%- set found = [] -%}
    {%- for attribute, rule in rules['attributes'].items() if rule['unregistered']['by'] == 'rank' -%}
        {%- for dataset in rule['unregistered']['rank'] -%}
            {%- set account = rules['datasets'][dataset]['tied_by'] -%}
            {%- do found.append((attribute, dataset, rule['claims'][dataset], account)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- (dataset, subject, field, compared as) of the claims that open a ticket where they contradict the register. -#}
{% macro ticket_claims(rules) -%}
    {%- set subjects = {'taxpayer': 'taxpayer_no', 'employer': 'employer_no', 'record': 'source_key'} -%}
    {%- set found = [] -%}
    {%- for rule in rules['attributes'].values() if rule['tickets'] -%}
        {%- for dataset in rule['tickets']['of'] -%}
            {%- set subject = subjects[rules['datasets'][dataset]['tied_by']] -%}
            {%- do found.append((dataset, subject, rule['claims'][dataset], rule['tickets']['as'])) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Joins of the values above to each unregistered enterprise. -#}
{% macro joined_on_enterprise(agreed, ranked) -%}
    {%- for attribute in agreed %}
    left join {{ attribute }}_agreed on known.enterprise_id = {{ attribute }}_agreed.enterprise_id
    {%- endfor %}
    {%- for attribute, dataset, _, _ in ranked %}
    left join {{ attribute }}_of_{{ dataset }} on known.enterprise_id = {{ attribute }}_of_{{ dataset }}.enterprise_id
    {%- endfor %}
{%- endmacro %}
