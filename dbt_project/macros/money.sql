{#- Money of the marts, numeric(20, 2); what no enterprise can have, a department's slip, is unknown rather than an error. -#}
{% macro money(amount) -%}
    (case when abs({{ amount }}) < 1e18 then {{ amount }} end)::numeric(20, 2)
{%- endmacro %}
