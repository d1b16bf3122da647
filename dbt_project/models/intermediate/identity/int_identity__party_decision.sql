{{ config(indexes=[{'columns': ['party_kind', 'party_no'], 'unique': true}]) }}

with recursive

assignment as (

    select * from {{ ref('int_identity__assignment') }}

),

step as (

    select * from {{ ref('int_identity__decision_step') }}

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
    inner join step on assignment.enterprise_id = step.merged_enterprise_id

),

-- each decision was taken on what the earlier ones had left; the next one is found by two indexes of the table itself,
-- by the party and by the enterprise it is in: a step costs the same however many decisions there are
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
        case
            when of_party.decision_id < of_enterprise.decision_id or of_enterprise.decision_id is null
                then of_party.to_enterprise_id
            else of_enterprise.to_enterprise_id
        end as enterprise_id,
        least(of_party.decision_id, of_enterprise.decision_id) as decision_id
    from walk
    left join lateral (
        select
            step.decision_id,
            step.to_enterprise_id
        from {{ ref('int_identity__decision_step') }} as step
        where
            step.party_kind = walk.party_kind and step.party_no = walk.party_no
            and step.decision_id > walk.decision_id
            and (step.split_from_id is null or step.split_from_id = walk.enterprise_id)
        order by step.decision_id
        limit 1
    ) as of_party on true
    left join lateral (
        select
            step.decision_id,
            step.to_enterprise_id
        from {{ ref('int_identity__decision_step') }} as step
        where step.merged_enterprise_id = walk.enterprise_id and step.decision_id > walk.decision_id
        order by step.decision_id
        limit 1
    ) as of_enterprise on true
    where of_party.decision_id is not null or of_enterprise.decision_id is not null

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
