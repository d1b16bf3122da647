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
  was known then. `undone`: it was taken back, so it never held; `undone_on`: that was when it had ended already.
  Which decisions these are is asked by tidu.transform.builds too.
-#}
{% macro date_overrides() -%}
    update ops.decision set
        detail = detail || jsonb_build_object('counted', coalesce(detail -> 'counted', '{}') || case
            when state = 'active' then jsonb_build_object(
                'from', {{ as_of() }}
            )
            when detail -> 'counted' ? 'until' then jsonb_build_object(
                'undone_on', {{ as_of() }}
            )
            else jsonb_build_object(
                'until', {{ as_of() }}, 'undone', state = 'revoked'
            )
        end)
    where
        kind = 'override' and subject like 'enterprise:%'
        and case
            when state = 'active' then not detail ? 'counted'
            when detail -> 'counted' ? 'until' then
                state = 'revoked' and not (detail -> 'counted' -> 'undone')::boolean
                and not detail -> 'counted' ? 'undone_on'
            else detail ? 'counted'
        end
{%- endmacro %}

{#-
  Stretches of one axis (`along`), cut where a decided value of the enterprise begins or ends on it, as far as the two meet
  on the other axis (`across` in CTE override, `stated_across` in the stretches). Gives `cut` and its end, `cut`_to.
-#}
{% macro cut_by_decisions(stretch, cut, along, across, stated_across) -%}
    select
        {{ stretch }}.*,
        cut.{{ cut }},
        lead(cut.{{ cut }}, 1, {{ stretch }}.{{ along[1] }}) over (
            partition by {{ stretch }}.enterprise_id, {{ stretch }}.{{ stated_across[0] }}, {{ stretch }}.{{ along[0] }}
            order by cut.{{ cut }}
        ) as {{ cut }}_to
    from {{ stretch }}
    cross join lateral (
        select {{ stretch }}.{{ along[0] }} as {{ cut }}
        union
        select bound.{{ cut }}
        from override
        cross join lateral (values (override.{{ along[0] }}), (override.{{ along[1] }})) as bound ({{ cut }})
        where
            override.enterprise_id = {{ stretch }}.enterprise_id
            and override.{{ across[0] }} < {{ stretch }}.{{ stated_across[1] }}
            and {{ stretch }}.{{ stated_across[0] }} < override.{{ across[1] }}
            and bound.{{ cut }} > {{ stretch }}.{{ along[0] }} and bound.{{ cut }} < {{ stretch }}.{{ along[1] }}
    ) as cut
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
