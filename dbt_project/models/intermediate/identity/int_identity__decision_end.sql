with

decision as (

    select distinct
        decision_id,
        kind,
        ended
    from {{ ref('int_identity__decision') }}

),

-- a value decided of an enterprise that the register did not know
provisional as (

    select
        recorded.decision_id,
        recorded.detail ->> 'enterprise_id' as enterprise_id,
        recorded.detail #>> '{evidence,parties,0,0}' as party_kind,
        recorded.detail #>> '{evidence,parties,0,1}' as party_no
    from decision
    inner join {{ source('ops', 'decision') }} as recorded on decision.decision_id = recorded.decision_id
    where decision.kind = 'override' and recorded.detail #>> '{evidence,enterprises,0}' is null

),

lapsed as (

    select
        provisional.decision_id,
        case
            when party_link.is_registered then 'its enterprise is registered now, as ' || party_link.enterprise_id
            else 'its enterprise is no more' || coalesce(', its records are in ' || party_link.enterprise_id, '')
        end as ended
    from provisional
    left join {{ ref('int_identity__party_link') }} as party_link
        on
            provisional.party_kind = party_link.party_kind
            and provisional.party_no = party_link.party_no
    where
        provisional.enterprise_id not in (
            select provisional_party.enterprise_id
            from {{ ref('int_identity__provisional_party') }} as provisional_party
        )

),

final as (

    select
        decision.decision_id,
        coalesce(decision.ended, lapsed.ended) as ended
    from decision
    left join lapsed on decision.decision_id = lapsed.decision_id

)

select * from final
