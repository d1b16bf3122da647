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

final as (

    select
        decision.decision_id,
        decision.kind,
        party.value ->> 0 as party_kind,
        party.value ->> 1 as party_no,
        decision.detail ->> 'from' as from_enterprise_id,
        decision.detail ->> 'to' as to_enterprise_id,
        decision.detail -> 'witness' ->> 0 as witness_kind,
        decision.detail -> 'witness' ->> 1 as witness_no,
        case
            when decision.expires_on < {{ as_of() }} then 'it ran out'
            when coalesce(decision.evidence_sha256, '') <> evidence.evidence_sha256 then 'its evidence changed'
        end as ended
    from decision
    inner join evidence on decision.decision_id = evidence.decision_id
    left join jsonb_array_elements(decision.detail -> 'parties') as party (value) on true

)

select * from final
