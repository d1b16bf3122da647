{#-
  What a build is for, told by the transform room as settings of its sessions. They are no dbt variables: dbt would read
  the whole project anew for every business date.
-#}

{#- The business date of the build as a date; never the clock. A view read outside of builds has none, and shows nothing. -#}
{% macro as_of() -%}
    nullif(current_setting('tidu.as_of', true), '')::date
{%- endmacro %}

{#- First day of the published series; null: it begins in the month of the earliest accepted delivery. -#}
{% macro series_start() -%}
    nullif(current_setting('tidu.series_start', true), '')::date
{%- endmacro %}
