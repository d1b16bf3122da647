with

decision as (

    select * from {{ ref('int_identity__decision') }}
    where ended is null and kind = 'override'

),

recorded as (

    select * from {{ source('ops', 'decision') }}

),

-- a later decision about the same value stands in place of an earlier one
final as (

    select distinct on (recorded.detail ->> 'enterprise_id', recorded.detail ->> 'attribute')
        recorded.detail ->> 'enterprise_id' as enterprise_id,
        recorded.detail ->> 'attribute' as attribute,
        recorded.detail ->> 'value' as value,
        recorded.detail ->> 'instead_of' as instead_of,
        recorded.decision_id,
        recorded.decided_by,
        recorded.decided_at,
        recorded.reason,
        recorded.expires_on,
        recorded.evidence_sha256
    from decision
    inner join recorded on decision.decision_id = recorded.decision_id
    order by recorded.detail ->> 'enterprise_id' asc, recorded.detail ->> 'attribute' asc, recorded.decision_id desc

)

select * from final
