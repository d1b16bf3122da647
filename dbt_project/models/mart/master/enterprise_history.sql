{{ config(materialized='view', post_hook="{{ enterprise_as_of(this) }}") }}

{%- set facts = history_facts() -%}

with

-- of a registered enterprise that never changed the master says all there is
final as (

    select
        enterprise.enterprise_id,
        {%- for fact in facts %}
        enterprise.{{ fact }},
        {%- endfor %}
        coalesce(enterprise.established_on, '-infinity') as valid_from,
        'infinity'::date as valid_to,
        {{ known_time('enterprise.told_on') }} as known_from,
        'infinity'::timestamptz as known_to
    from {{ ref('enterprise') }} as enterprise
    left join {{ ref('enterprise_changed') }} as changed on enterprise.enterprise_id = changed.enterprise_id
    where changed.enterprise_id is null and enterprise.status <> '未登记'
    union all
    select
        told.enterprise_id,
        {%- for fact in facts %}
        facts.{{ fact }},
        {%- endfor %}
        coalesce(
            facts.established_on, min(told.known_on) over (partition by told.enterprise_id)
        ) as valid_from,
        'infinity'::date as valid_to,
        {{ known_time('told.known_on') }} as known_from,
        {{ known_time('told.shown_to') }} as known_to
    from {{ ref('enterprise_unregistered_history') }} as told
    cross join lateral jsonb_populate_record(null::{{ ref('enterprise') }}, told.facts) as facts
    union all
    select
        enterprise_id,
        {%- for fact in facts %}
        {{ fact }},
        {%- endfor %}
        valid_from,
        valid_to,
        known_from,
        known_to
    from {{ ref('enterprise_changed') }}

)

select * from final
