with

assignment as (

    select * from {{ ref('int_identity__assignment') }}

),

party_decision as (

    select * from {{ ref('int_identity__party_decision') }}

),

final as (

    select
        assignment.party_kind,
        assignment.party_no,
        coalesce(party_decision.enterprise_id, assignment.enterprise_id) as enterprise_id,
        case when party_decision.enterprise_id is null then assignment.method else 'reviewer' end as method,
        coalesce(party_decision.is_registered, assignment.is_registered) as is_registered
    from assignment
    left join party_decision
        on
            assignment.party_kind = party_decision.party_kind
            and assignment.party_no = party_decision.party_no

)

select * from final
