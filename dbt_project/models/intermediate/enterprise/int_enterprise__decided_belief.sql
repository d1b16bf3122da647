{%- set facets = history_facets() -%}
{%- set valid, known = ['valid_from', 'valid_to'], ['known_on', 'corrected_on'] -%}

with

belief as (

    select * from {{ ref('int_enterprise__belief') }}

),

override as (

    select * from {{ ref('int_enterprise__override_belief') }}

),

touched as (

    select
        *,
        valid_from = coalesce(established_on, '-infinity') as is_first
    from belief
    where enterprise_id in (select override.enterprise_id from override)

),

-- the days at which what reviewers decided begins or ends within a stretch
days as (

    {{ cut_by_decisions('touched', 'day', along=valid, across=known, stated_across=known) }}

),

-- and when it became known, or was known no more
knowing as (

    {{ cut_by_decisions('days', 'known', along=known, across=valid, stated_across=['day', 'day_to']) }}

),

decided as (

    select
        knowing.*,
        said.decided
    from knowing
    cross join lateral (
        select jsonb_object_agg(override.attribute, override.value order by override.decision_id) as decided
        from override
        where
            override.enterprise_id = knowing.enterprise_id
            and override.valid_from <= knowing.day and knowing.day < override.valid_to
            and override.known_on <= knowing.known and knowing.known < override.corrected_on
    ) as said

),

-- where the establishment is decided no days lie before that one
established as (

    select
        *,
        case
            when not coalesce(decided ? 'established_on', false) then day
            when is_first and day = valid_from then (decided ->> 'established_on')::date
            else greatest(day, (decided ->> 'established_on')::date)
        end as lives_from
    from decided

),

final as (

    select
        enterprise_id,
        valid_from,
        valid_to,
        known_on,
        corrected_on,
        established_on,
        closed_on,
        status_no,
        {%- for facet in facets %}
        {{ facet }}_no,
        {%- endfor %}
        null::jsonb as decided
    from belief
    where enterprise_id not in (select override.enterprise_id from override)
    union all
    select
        enterprise_id,
        lives_from as valid_from,
        day_to as valid_to,
        known as known_on,
        known_to as corrected_on,
        established_on,
        closed_on,
        status_no,
        {%- for facet in facets %}
        {{ facet }}_no,
        {%- endfor %}
        decided
    from established
    where lives_from < day_to

)

select * from final
