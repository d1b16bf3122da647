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
