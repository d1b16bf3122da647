{%- set facets = history_facets() -%}

with

believed_version as (

    select * from {{ ref('int_enterprise__believed_version') }}

),

stg_ms_change_event as (

    select * from {{ ref('stg_ms_change_event') }}

),

changed as (

    {%- for facet, told in facets.items() %}
    {%- set items = told['items'] | join("', '") %}
    select
        enterprise_id,
        known_on,
        entity_no,
        version_no,
        '{{ facet }}' as facet,
        array['{{ items }}'] as items,
        believed_updated_on,
        updated_on,
        acted_on
    from believed_version
    where not is_first and {{ facet }} <> believed_{{ facet }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

followed as (

    select
        *,
        lag(updated_on, 1, '-infinity'::date) over (
            partition by enterprise_id, known_on, facet order by version_no
        ) as last_changed_on
    from changed

),

-- the registered change between the two versions dates it, unless it dated the change before, or was not known yet
dated as (

    select distinct on (followed.enterprise_id, followed.known_on, followed.facet, followed.version_no)
        followed.enterprise_id,
        followed.known_on,
        followed.facet,
        followed.version_no,
        null::text as status,
        coalesce(change_event.changed_on, followed.acted_on) as happened_on
    from followed
    left join stg_ms_change_event as change_event
        on
            followed.entity_no = change_event.entity_no
            and change_event.change_item = any(followed.items)
            and change_event.changed_on between followed.believed_updated_on and followed.updated_on
            and followed.last_changed_on < change_event.changed_on
            and followed.known_on >= change_event.delivered_on
    order by
        followed.enterprise_id asc, followed.known_on asc, followed.facet asc, followed.version_no asc,
        array_position(followed.items, change_event.change_item) asc, change_event.changed_on desc

),

-- a version without a date of its own speaks from its update on
status as (

    select
        enterprise_id,
        known_on,
        'status' as facet,
        version_no,
        status,
        coalesce(status_on, updated_on) as happened_on
    from believed_version
    where
        coalesce(status <> believed_status or status_on <> believed_status_on, true)
        and (status_on is not null or status <> coalesce(believed_status, '存续'))

),

events as (

    select * from dated
    union all
    select * from status

),

-- a later version overrides what earlier ones said of its date and after
overridden as (

    select
        *,
        min(happened_on) over (
            partition by enterprise_id, known_on, facet order by version_no
            rows between 1 following and unbounded following
        ) as overridden_from
    from events

),

final as (

    select
        enterprise_id,
        known_on,
        facet,
        version_no,
        status,
        happened_on
    from overridden
    where overridden_from is null or happened_on < overridden_from

)

select * from final
