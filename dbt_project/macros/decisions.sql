{#-
  Decisions of reviewers about who is who that no longer hold: taken on other evidence than there is now, or until a day
  that is over. They become stale in the transaction in which the build leaves them out.
-#}
{% macro retire_decisions(taken) -%}
    update ops.decision as d set
        state = 'stale',
        detail = d.detail || jsonb_build_object('ended', jsonb_build_object(
            'as_of', {{ as_of() }}, 'by', 'tidu', 'reason', t.ended
        ))
    from {{ taken }} as t
    where t.decision_id = d.decision_id and t.ended is not null and d.state = 'active'
{%- endmacro %}

{#-
  From which day a decided value counts and, once it ended, until which: the business date of the first build that finds it
  so, written down so that every later one and a rebuild tell the same. What earlier builds of a date have shown stays what
  was known then. `undone`: it was taken back, so it never held.
-#}
{% macro date_overrides() -%}
    update ops.decision set
        detail = detail || jsonb_build_object('counted', coalesce(detail -> 'counted', '{}') || case
            when state = 'active' then jsonb_build_object(
                'from', {{ as_of() }}
            )
            else jsonb_build_object(
                'until', {{ as_of() }}, 'undone', state = 'revoked'
            )
        end)
    where
        kind = 'override' and subject like 'enterprise:%'
        and case
            when state = 'active' then not detail ? 'counted'
            else detail ? 'counted' and not detail -> 'counted' ? 'until'
        end
{%- endmacro %}

{#- Values reviewers decided, one row per enterprise: attribute -> value. -#}
{% macro decided_values() -%}
    select
        enterprise_id,
        jsonb_object_agg(attribute, value) as decided
    from {{ ref('int_enterprise__override') }}
    group by enterprise_id
{%- endmacro %}

{#- A field of the register, or what a reviewer decided instead; `said` holds the values decided, null where there are none. -#}
{% macro decided_field(field, stated, said) -%}
    {%- set rules = survivorship() -%}
    {%- set found = [] -%}
    {%- for attribute in rules['reviewer'] if rules['attributes'][attribute]['claims']['ms_registration'] == field -%}
        {%- do found.append(attribute) -%}
    {%- endfor -%}
    {%- if found -%}
        {{ decided_value(found[0], stated ~ '.' ~ field, said) }} as {{ field }}
    {%- else -%} {{ stated }}.{{ field }}
    {%- endif -%}
{%- endmacro %}

{% macro decided_value(attribute, otherwise, said) -%}
    {%- set type = {'date': 'date', 'money': 'numeric'}.get(survivorship()['attributes'][attribute]['reads'], 'text') -%}
    case when {{ said }} ? '{{ attribute }}' then ({{ said }} ->> '{{ attribute }}')::{{ type }} else {{ otherwise }} end
{%- endmacro %}
