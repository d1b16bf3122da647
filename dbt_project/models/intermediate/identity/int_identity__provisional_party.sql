with

party_cluster as (

    select * from {{ ref('int_identity__party_cluster') }}

),

party_decision as (

    select * from {{ ref('int_identity__party_decision') }}

),

final as (

    select
        party_cluster.party_kind,
        party_cluster.party_no,
        party_cluster.enterprise_id,
        party_cluster.anchor
    from party_cluster
    left join party_decision
        on
            party_cluster.party_kind = party_decision.party_kind
            and party_cluster.party_no = party_decision.party_no
    where party_decision.party_no is null
    union all
    select
        party_kind,
        party_no,
        enterprise_id,
        'decision|' || decision_id as anchor
    from party_decision
    where not is_registered

)

select * from final
