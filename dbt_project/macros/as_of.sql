{#-
  What a build is for, told by the transform room as settings of its sessions. They are no dbt variables: dbt would read
  the whole project anew for every business date.
-#}

{#- The business date of the build as a date; never the clock. -#}
{% macro as_of() -%}
    current_setting('tidu.as_of')::date
{%- endmacro %}

{#- First day of the published series; null: it begins in the month of the earliest accepted delivery. -#}
{% macro series_start() -%}
    nullif(current_setting('tidu.series_start', true), '')::date
{%- endmacro %}
