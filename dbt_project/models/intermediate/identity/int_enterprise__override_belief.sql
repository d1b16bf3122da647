-- depends_on: {{ ref('int_identity__linkage_verdict') }}
{#- A build that is stopped for its links ends no decision. -#}
{{ config(pre_hook=["{{ retire_decisions(ref('int_identity__decision_end')) }}", "{{ date_overrides() }}"]) }}

with

-- what a build after this one's business date found is not known yet
override as (

    select
        *,
        (detail -> 'counted' ->> 'from')::date as counts_from,
        case when (detail -> 'counted' ->> 'until')::date <= {{ as_of() }} then detail -> 'counted' end as ended,
        case
            when (detail -> 'counted' ->> 'undone_on')::date <= {{ as_of() }}
                then (detail -> 'counted' ->> 'undone_on')::date
        end as undone_on
    from {{ source('ops', 'decision') }}
    where
        kind = 'override'
        and subject like 'enterprise:%'
        and (detail -> 'counted' ->> 'from')::date <= {{ as_of() }}

),

bounded as (

    select
        decision_id,
        detail ->> 'enterprise_id' as enterprise_id,
        detail ->> 'attribute' as attribute,
        detail ->> 'value' as value,
        counts_from,
        coalesce((ended ->> 'until')::date, 'infinity') as ended_on,
        coalesce(expires_on + 1, 'infinity') as expired_on,
        coalesce((ended ->> 'undone')::boolean, false) as is_undone,
        coalesce(undone_on, 'infinity') as undone_on,
        -- an establishment is no state that lasts from a day on: a decision corrects it altogether
        detail ->> 'attribute' = 'established_on' as is_timeless
    from override

),

beliefs as (

    select
        *,
        case when is_timeless then '-infinity' else counts_from end as valid_from,
        case when is_timeless then 'infinity' else expired_on end as valid_to,
        counts_from as known_on,
        case
            when is_timeless then least(ended_on, expired_on)
            when ended_on >= expired_on and not is_undone then undone_on
            else ended_on
        end as corrected_on
    from bounded
    union all
    -- what ended without being taken back did hold until then, if that was not said of it later
    select
        *,
        counts_from as valid_from,
        ended_on as valid_to,
        ended_on as known_on,
        undone_on as corrected_on
    from bounded
    where ended_on < expired_on and not is_undone and not is_timeless

),

final as (

    select
        decision_id,
        enterprise_id,
        attribute,
        value,
        valid_from,
        valid_to,
        known_on,
        corrected_on
    from beliefs
    where valid_from < valid_to and known_on < corrected_on

)

select * from final
