{%- set facets = history_facets() -%}

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

    select
        touched.*,
        cut.day,
        lead(cut.day, 1, touched.valid_to) over (
            partition by touched.enterprise_id, touched.known_on, touched.valid_from order by cut.day
        ) as day_to
    from touched
    cross join lateral (
        select touched.valid_from as day
        union
        select bound.day
        from override
        cross join lateral (values (override.valid_from), (override.valid_to)) as bound (day)
        where
            override.enterprise_id = touched.enterprise_id
            and override.known_on < touched.corrected_on and touched.known_on < override.corrected_on
            and bound.day > touched.valid_from and bound.day < touched.valid_to
    ) as cut

),

-- and when it became known, or was known no more
knowing as (

    select
        days.*,
        cut.known,
        lead(cut.known, 1, days.corrected_on) over (
            partition by days.enterprise_id, days.known_on, days.day order by cut.known
        ) as known_to
    from days
    cross join lateral (
        select days.known_on as known
        union
        select bound.known
        from override
        cross join lateral (values (override.known_on), (override.corrected_on)) as bound (known)
        where
            override.enterprise_id = days.enterprise_id
            and override.valid_from <= days.day and days.day < override.valid_to
            and bound.known > days.known_on and bound.known < days.corrected_on
    ) as cut

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
