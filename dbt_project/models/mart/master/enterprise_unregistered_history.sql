{#- What builds said of enterprises that no register knows. It follows from all records there were and cannot be derived
    later, so it is kept. Of the builds of one business date the last counts, whatever those before it said. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['enterprise_id', 'shown_from'],
    full_refresh=false,
    on_schema_change='append_new_columns',
    post_hook='delete from {{ this }} where shown_to = shown_from',
) }}

with

kept as (

    {% if is_incremental() %}
    select * from {{ this }}
    {% else %}
    select * from (values ('', '{}'::jsonb, current_date, current_date, current_date))
        as t (enterprise_id, facts, known_on, shown_from, shown_to)
    where false
    {% endif %}

),

overtaken as (

    select
        coalesce(
            bool_or({{ as_of() }} < shown_from or {{ as_of() }} < shown_to and shown_to < 'infinity'), false
        ) as is_past
    from kept

),

said as (

    select
        enterprise_id,
        told_on,
        jsonb_build_object(
            {%- for fact in history_facts() %}
            '{{ fact }}', {{ fact }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as facts
    from {{ ref('enterprise') }}
    -- an earlier date than one that was built already has nothing to add
    where status = '未登记' and not (select overtaken.is_past from overtaken)

),

-- what stood when this business date began, also where a build of this date has ended it already
stood as (

    select * from kept
    where
        {{ as_of() }} > shown_from
        and {{ as_of() }} <= shown_to
        and not (select overtaken.is_past from overtaken)

),

ended_or_not as (

    select
        stood.enterprise_id,
        stood.facts,
        stood.known_on,
        stood.shown_from,
        case when said.enterprise_id is null then {{ as_of() }} else 'infinity' end as shown_to
    from stood
    left join said
        on
            stood.enterprise_id = said.enterprise_id
            and stood.facts = said.facts

),

-- the first build there ever was tells of the past as far as it knows, later ones of their own day
begun as (

    select
        said.enterprise_id,
        said.facts,
        case
            when {{ as_of() }} > (select min(change.as_of) from {{ ref('enterprise_change') }} as change)
                then {{ as_of() }}
            else said.told_on
        end as known_on,
        {{ as_of() }} as shown_from,
        'infinity'::date as shown_to
    from said
    left join stood
        on
            said.enterprise_id = stood.enterprise_id
            and said.facts = stood.facts
    where stood.enterprise_id is null

),

-- said by a build of this date and by no later one: gone without a trace
unsaid as (

    select
        kept.enterprise_id,
        kept.facts,
        kept.known_on,
        kept.shown_from,
        kept.shown_from as shown_to
    from kept
    left join begun on kept.enterprise_id = begun.enterprise_id
    where
        {{ as_of() }} = kept.shown_from
        and begun.enterprise_id is null
        and not (select overtaken.is_past from overtaken)

),

final as (

    select ended_or_not.*
    from ended_or_not
    inner join kept
        on
            ended_or_not.enterprise_id = kept.enterprise_id
            and ended_or_not.shown_from = kept.shown_from
            and ended_or_not.shown_to <> kept.shown_to
    union all
    select * from begun
    union all
    select * from unsaid

)

select * from final
