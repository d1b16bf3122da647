{#- What every monitoring fact is cut by, besides indicator, month and district. -#}
{% macro monitoring_attributes(relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ prefix }}industry_section, {{ prefix }}size_class, {{ prefix }}zone, {{ prefix }}is_registered, {{ prefix }}in_private,
        {{ prefix }}in_no_state_no_foreign, {{ prefix }}in_registration_type
{%- endmacro %}

{#-
  Year on year, month on month and year to date of a monthly series without gaps. Ratios have ten
  decimals; no base, or a base of zero, gives null. Only flows have a year to date.
-#}
{% macro monitoring_comparisons(cell) -%}
    round(value / nullif(lag(value, 12) over (partition by {{ cell }} order by month), 0) - 1, 10) as yoy,
        round(value / nullif(lag(value) over (partition by {{ cell }} order by month), 0) - 1, 10) as mom,
        case
            when kind = 'flow'
                then sum(value) over (partition by {{ cell }}, date_trunc('year', month) order by month)
        end as ytd
{%- endmacro %}

{#- Value of a cell: rates from their sums with ten decimals, money with two, counts whole. -#}
{% macro monitoring_value(cell, indicator) -%}
    case
            when {{ indicator }}.kind = 'rate' then round({{ cell }}.amount / nullif({{ cell }}.base, 0), 10)
            when {{ indicator }}.unit = '元' then round({{ cell }}.amount, 2)
            else {{ cell }}.amount
        end
{%- endmacro %}

{#- Whole months from one first day of a month to another. -#}
{% macro months_between(earlier, later) -%}
    (extract(year from age({{ later }}, {{ earlier }})) * 12 + extract(month from age({{ later }}, {{ earlier }})))::integer
{%- endmacro %}

{#- Whether a table that no model makes is there yet. -#}
{% macro relation_exists(schema, name) -%}
    {{ return(execute and adapter.get_relation(database=target.database, schema=schema, identifier=name) is not none) }}
{%- endmacro %}
