with

decision as (

    select
        decision_id,
        kind,
        detail,
        detail ->> 'from' as from_enterprise_id,
        detail ->> 'to' as to_enterprise_id,
        case kind when 'split' then detail ->> 'from' else detail ->> 'to' end as named_id
    from {{ source('ops', 'decision') }}
    where
        state = 'active'
        and kind in ('merge', 'split')
        and (subject like 'party:%' or subject like 'enterprise:%')

),

assignment as (

    select * from {{ ref('int_identity__assignment') }}

),

named as (

    select named_id as enterprise_id from decision
    union
    select from_enterprise_id as enterprise_id from decision

),

standing as (

    select
        enterprise_id,
        true as is_registered
    from {{ ref('int_identity__registered_entity') }}
    where enterprise_id in (select named.enterprise_id from named)
    union
    select
        enterprise_id,
        false as is_registered
    from {{ ref('int_identity__party_cluster') }}
    where enterprise_id in (select named.enterprise_id from named)
    union
    select
        to_enterprise_id as enterprise_id,
        false as is_registered
    from decision
    where kind = 'split'

),

parted as (

    select distinct detail ->> 'to' as enterprise_id from {{ source('ops', 'decision') }}
    where kind = 'split'

),

-- of a merge stored without witnesses of its own the evidence names them, unless it is about what a split had made
left_whole as (

    select
        decision.decision_id,
        decision.from_enterprise_id,
        coalesce(
            decision.detail -> 'from_witnesses',
            case
                when standing.enterprise_id is null and parted.enterprise_id is null
                    then decision.detail #> '{evidence,parties}'
            end
        ) as witnesses
    from decision
    left join standing on decision.from_enterprise_id = standing.enterprise_id
    left join parted on decision.from_enterprise_id = parted.enterprise_id
    where decision.kind = 'merge' and decision.from_enterprise_id is not null

),

-- a provisional enterprise that is no more stands for where its witness went
final as (

    select
        decision.decision_id,
        'named' as side,
        coalesce(standing.enterprise_id, witness.enterprise_id, decision.named_id) as enterprise_id,
        coalesce(standing.is_registered, witness.is_registered, false) as is_registered
    from decision
    left join standing on decision.named_id = standing.enterprise_id
    left join assignment as witness
        on
            decision.detail -> 'witness' ->> 0 = witness.party_kind
            and decision.detail -> 'witness' ->> 1 = witness.party_no
    union
    select
        left_whole.decision_id,
        'left' as side,
        standing.enterprise_id,
        standing.is_registered
    from left_whole
    inner join standing on left_whole.from_enterprise_id = standing.enterprise_id
    union
    -- and what is merged whole for wherever its parties are now
    select
        left_whole.decision_id,
        'left' as side,
        assignment.enterprise_id,
        assignment.is_registered
    from left_whole
    cross join jsonb_array_elements(left_whole.witnesses) as party (value)
    inner join assignment
        on
            party.value ->> 0 = assignment.party_kind
            and party.value ->> 1 = assignment.party_no

)

select * from final
