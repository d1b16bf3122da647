{#- The business date of the build as a date; never the clock. -#}
{% macro as_of() -%}
    '{{ var("as_of") }}'::date
{%- endmacro %}
