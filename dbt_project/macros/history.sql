{#- What the history tells of an enterprise: columns of mart.enterprise. -#}
{% macro history_facts() -%}
    {{ return([
        'uscc', 'org_code', 'name', 'entity_category', 'reg_type_code', 'holding_type', 'is_private', 'status',
        'established_on', 'closed_on', 'registered_capital_yuan', 'district_code', 'zone_code', 'address', 'industry_code',
        'industry_section', 'is_branch', 'registered_capital_amount', 'currency'
    ]) }}
{%- endmacro %}

{#-
  What one act of registration changes together, and under which items the register lists such changes, the best first.
  Status is apart: it bears a date of its own.
-#}
{% macro history_facets() -%}
    {{ return({
        'district': {'values': ['district_code'], 'items': ['登记机关', '住所']},
        'name': {'values': ['entity_name'], 'items': ['名称']},
        'form': {'values': ['entity_category', 'reg_type_code', 'holding_type'], 'items': ['企业类型']},
        'capital': {'values': ['registered_capital_yuan', 'currency'], 'items': ['注册资本']},
        'seat': {'values': ['address', 'zone_code'], 'items': ['住所', '登记机关']},
        'rest': {'values': ['uscc', 'industry_code'], 'items': []}
    }) }}
{%- endmacro %}

{#- A number for the values of a facet, to compare them by. -#}
{% macro hash_of(columns, relation) -%}
    hash_record_extended(row({{ relation }}.{{ columns | join(', ' ~ relation ~ '.') }}), 0)
{%- endmacro %}

{#-
  No two rows of an enterprise may speak of the same day at the same time. Set after the rows are in, which is many times
  faster; the id is hashed, as comparing numbers takes half the time of comparing texts and needs no extension.
-#}
{% macro tells_one_thing(changed) -%}
    alter table {{ changed }} add exclude using gist (
        int8range(hashtextextended(enterprise_id, 0), hashtextextended(enterprise_id, 0), '[]') with &&,
        daterange(valid_from, valid_to) with &&,
        tstzrange(known_from, known_to) with &&
    )
{%- endmacro %}

{#- What was believed at one time of one day. Its rows are the table's, so it is made anew with each table. -#}
{% macro enterprise_as_of(history) -%}
    drop function if exists {{ history.schema }}.enterprise_as_of(date, timestamptz);
    create function {{ history.schema }}.enterprise_as_of(valid_on date, known_at timestamptz)
    returns setof {{ history }}
    language sql stable
    as $$
        select * from {{ history }} as h
        where h.valid_from <= valid_on and valid_on < h.valid_to and h.known_from <= known_at and known_at < h.known_to
    $$;
    comment on function {{ history.schema }}.enterprise_as_of(date, timestamptz) is
        'What was known at known_at of every enterprise as it was on the day valid_on; rows of enterprise_history.'
{%- endmacro %}
