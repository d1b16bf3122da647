{#-
  Normal forms of names and codes, the same as in tidu.identity.names; a test keeps the two equal.
  translate() drops every character of its second argument that has none beside it in the third.
-#}

{#- Text of a code or name in half width with ASCII capitals. -#}
{% macro plain_capitals(text) -%}
    upper(normalize({{ text }}, nfkc) collate "C")
{%- endmacro %}

{#- White space, dots, commas, dashes and quotes: what people add or leave out. Escaped where no one could see it. -#}
{% macro dropped_characters() -%}
    E' \t\n\u000b\f\r\u00ad\u200b\u200c\u200d\u2060\ufeff·•‧・∙⋅●.,;:、。，；：!?-_‐‑‒–—―−~\'"`´‘’“”′″「」『』《》〈〉'
{%- endmacro %}

{#- Normal form of an enterprise's name; null for an empty or placeholder name. -#}
{% macro name_key(name) -%}
    nullif(
        regexp_replace(
            translate({{ plain_capitals(name) }}, '[{【〔〖]}】〕〗' || {{ dropped_characters() }}, '((((()))))'),
            '^(测试.*|无|待补|不详|未知|NULL|NONE|N/?A|0+|/+)$', ''
        ),
        ''
    )
{%- endmacro %}

{#- Normal form of a code: O and I are read as 0 and 1. Null without a letter or digit other than 0. Not checked further. -#}
{% macro code_key(code) -%}
    substring(
        translate({{ plain_capitals(code) }}, 'OI' || {{ dropped_characters() }}, '01')
        from '^[0-9A-Z]*[1-9A-Z][0-9A-Z]*$'
    )
{%- endmacro %}

{#- Old personal identity number (until 1999), by which shops pay tax: district, birth as YYMMDD, three digits. -#}
{% macro is_personal_number(code_key) -%}
    case
        when {{ code_key }} ~ '^[0-9]{15}$' then pg_input_is_valid('19' || substr({{ code_key }}, 7, 6), 'date')
        else false
    end
{%- endmacro %}

{#- A branch is an enterprise of its own, told by its name's ending. -#}
{% macro is_branch_name(name_key) -%}
    {{ name_key }} ~ '(分公司|分店|分厂|分行|支行|办事处|营业部)$'
{%- endmacro %}

{#- An enterprise's id: fixed for ever by its anchor, whatever else becomes known of it. Of one collation, as indexes ask. -#}
{% macro enterprise_id(anchor) -%}
    ('E' || left(md5({{ anchor }}), 16)) collate "default"
{%- endmacro %}

{#- Number of a market entity as a record names it; null where a placeholder stands for it. -#}
{% macro entity_number(entity_no) -%}
    case when not ops.is_placeholder_code({{ entity_no }}) then {{ entity_no }} end
{%- endmacro %}

{#- An account holds many records of one party; any other party is one record, delivered again and again. -#}
{% macro is_account(party_kind) -%}
    {{ party_kind }} in ('taxpayer', 'employer', 'entity')
{%- endmacro %}
