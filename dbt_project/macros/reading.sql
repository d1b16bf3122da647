{#-
  How delivered text becomes a typed column. The functions of schema ops are the one definition of
  reading; validation uses the same. `sheet` is what spreadsheets hold, `plain` everything else.
-#}

{#- Key fields as delivered, in the contract's order, joined by a bar. -#}
{% macro source_key(fields) -%}
    {%- for field in fields -%}
        delivered.{{ field }}{% if not loop.last %} || '|' || {% endif %}
    {%- endfor -%}
{%- endmacro %}

{% macro read_text(field) -%}
    ops.clean(delivered.{{ field }})
{%- endmacro %}

{% macro read_flag(field) -%}
    ops.clean(delivered.{{ field }}) = '是'
{%- endmacro %}

{% macro read_integer(field) -%}
    ops.read_integer(delivered.{{ field }})
{%- endmacro %}

{% macro read_decimal(field, reading='plain', unit=none) -%}
    {%- if reading == 'sheet' -%}
        ops.read_decimal_sheet(delivered.{{ field }}, {{ "'" ~ unit ~ "'" if unit else 'null' }})
    {%- else -%}
        ops.read_decimal(delivered.{{ field }})
    {%- endif -%}
    {%- if not unit -%} ::numeric(24, 6) {%- endif -%}
{%- endmacro %}

{#- Money delivered in yuan. Wider than the marts' numeric(20, 2): a department's slip must not stop staging. -#}
{% macro read_yuan(field, reading='plain') -%}
    {{ read_decimal(field, reading, 'yuan') }}::numeric(24, 2)
{%- endmacro %}

{#- Money delivered in wan (ten thousand yuan), in yuan. -#}
{% macro read_wan(field, reading='plain') -%}
    ({{ read_decimal(field, reading, 'wan') }} * 10000)::numeric(24, 2)
{%- endmacro %}

{% macro read_date(field, reading='plain') -%}
    {{ 'ops.read_date_sheet' if reading == 'sheet' else 'ops.read_date' }}(delivered.{{ field }})
{%- endmacro %}

{#- First day of the month. -#}
{% macro read_month(field) -%}
    ops.read_month(delivered.{{ field }})
{%- endmacro %}

{#- An instant; without an offset it is Asia/Shanghai. -#}
{% macro read_timestamp(field) -%}
    ops.read_timestamp(delivered.{{ field }})
{%- endmacro %}
