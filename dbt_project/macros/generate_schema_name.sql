{#- Schemas are named by audience and trust, the same in every target: no prefix, no suffix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
