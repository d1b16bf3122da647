{{ config(indexes=[{'columns': ['party_kind', 'party_no']}]) }}

with

evidence as (

    select * from {{ ref('int_identity__decision_evidence') }}

),

decision as (

    select * from {{ source('ops', 'decision') }}
    where
        state = 'active'
        and (subject like 'party:%' or subject like 'enterprise:%')

),

-- a merge of enterprises has to find one that may still go into another
side as (

    select
        decision_id,
        count(*) filter (where side = 'left') as pieces,
        count(*) filter (where side = 'left' and not is_registered) as provisional_pieces,
        count(distinct enterprise_id) filter (where is_registered) as registered
    from {{ ref('int_identity__decision_side') }}
    group by decision_id

),

final as (

    select
        decision.decision_id,
        decision.kind,
        party.value ->> 0 as party_kind,
        party.value ->> 1 as party_no,
        decision.detail ->> 'from' as from_enterprise_id,
        decision.detail ->> 'to' as to_enterprise_id,
        case
            when decision.expires_on < {{ as_of() }} then 'it ran out'
            when coalesce(decision.evidence_sha256, '') <> evidence.evidence_sha256 then 'its evidence changed'
            when decision.kind <> 'merge' or not decision.detail ? 'from' then null
            when side.pieces = 0 then 'nothing is left of what it merges'
            when side.provisional_pieces = 0 and side.registered > 1 then 'what it makes one is registered apart'
        end as ended
    from decision
    inner join evidence on decision.decision_id = evidence.decision_id
    left join side on decision.decision_id = side.decision_id
    left join jsonb_array_elements(decision.detail -> 'parties') as party (value) on true

)

select * from final
