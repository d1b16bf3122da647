{{ config(indexes=[{'columns': ['from_enterprise_id']}]) }}

with

id_member as (

    select * from {{ ref('int_enterprise__id_member') }}

),

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

party_link as (

    select * from {{ ref('int_identity__party_link') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

assignment as (

    select * from {{ ref('int_identity__assignment') }}

),

party_decision as (

    select * from {{ ref('int_identity__party_decision') }}

),

left_behind as (

    select id_member.*
    from id_member
    left join provisional_party
        on
            id_member.enterprise_id = provisional_party.enterprise_id
            and id_member.party_kind = provisional_party.party_kind
            and id_member.party_no = provisional_party.party_no
    where provisional_party.enterprise_id is null

),

-- a number that was unknown may have been registered since: then it is a party no longer
final as (

    select
        left_behind.enterprise_id as from_enterprise_id,
        left_behind.party_kind,
        left_behind.party_no,
        coalesce(party_link.enterprise_id, registered_entity.enterprise_id) as to_enterprise_id
    from left_behind
    left join party_link
        on
            left_behind.party_kind = party_link.party_kind
            and left_behind.party_no = party_link.party_no
    left join registered_entity
        on
            left_behind.party_no = registered_entity.entity_no
            and left_behind.party_kind = 'entity'
    union all
    -- what reviewers took from a registered enterprise
    select
        assignment.enterprise_id as from_enterprise_id,
        party_decision.party_kind,
        party_decision.party_no,
        party_decision.enterprise_id as to_enterprise_id
    from party_decision
    inner join assignment
        on
            party_decision.party_kind = assignment.party_kind
            and party_decision.party_no = assignment.party_no
    where assignment.is_registered and assignment.enterprise_id <> party_decision.enterprise_id

)

select * from final
