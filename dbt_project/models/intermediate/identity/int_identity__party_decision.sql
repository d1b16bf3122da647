{{ config(indexes=[{'columns': ['party_kind', 'party_no'], 'unique': true}]) }}

with recursive

assignment as (

    select * from {{ ref('int_identity__assignment') }}

),

decision as (

    select
        *,
        case kind when 'split' then from_enterprise_id else to_enterprise_id end as named_id
    from {{ ref('int_identity__decision') }}
    where ended is null and kind in ('merge', 'split')

),

standing as (

    select enterprise_id from {{ ref('int_identity__registered_entity') }}
    where enterprise_id in (select decision.named_id from decision)
    union
    select enterprise_id from {{ ref('int_identity__party_cluster') }}
    where enterprise_id in (select decision.named_id from decision)
    union
    select to_enterprise_id as enterprise_id from decision
    where kind = 'split'

),

-- a provisional enterprise that is no more stands for where its witness went
named as (

    select
        decision.*,
        coalesce(standing.enterprise_id, witness.enterprise_id, decision.named_id) as standing_id
    from decision
    left join standing on decision.named_id = standing.enterprise_id
    left join assignment as witness
        on
            decision.witness_kind = witness.party_kind
            and decision.witness_no = witness.party_no

),

step as (

    select
        decision_id,
        party_kind,
        party_no,
        case kind when 'split' then standing_id else from_enterprise_id end as from_enterprise_id,
        case kind when 'split' then to_enterprise_id else standing_id end as to_enterprise_id
    from named

),

touched as (

    select assignment.*
    from assignment
    inner join step
        on
            assignment.party_kind = step.party_kind
            and assignment.party_no = step.party_no
    union
    select assignment.*
    from assignment
    inner join step on assignment.enterprise_id = step.from_enterprise_id
    where step.party_no is null

),

-- each decision was taken on what the earlier ones had left
walk as (

    select
        party_kind,
        party_no,
        enterprise_id,
        0::bigint as decision_id
    from touched
    union all
    select
        walk.party_kind,
        walk.party_no,
        next_step.to_enterprise_id as enterprise_id,
        next_step.decision_id
    from walk
    cross join lateral (
        select
            step.decision_id,
            step.to_enterprise_id
        from step
        where
            step.decision_id > walk.decision_id
            and (step.party_no is null or (step.party_kind = walk.party_kind and step.party_no = walk.party_no))
            and (step.from_enterprise_id is null or step.from_enterprise_id = walk.enterprise_id)
        order by step.decision_id
        limit 1
    ) as next_step

),

decided as (

    select distinct on (party_kind, party_no) *
    from walk
    where decision_id > 0
    order by party_kind asc, party_no asc, decision_id desc

),

final as (

    select
        decided.party_kind,
        decided.party_no,
        decided.enterprise_id,
        decided.decision_id,
        registered_entity.enterprise_id is not null as is_registered
    from decided
    left join {{ ref('int_identity__registered_entity') }} as registered_entity
        on decided.enterprise_id = registered_entity.enterprise_id

)

select * from final
