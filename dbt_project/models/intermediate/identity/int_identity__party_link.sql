with

party_match as (

    select * from {{ ref('int_identity__party_match') }}

),

party_cluster as (

    select * from {{ ref('int_identity__party_cluster') }}

),

final as (

    select
        party_kind,
        party_no,
        enterprise_id,
        method
    from party_match
    union all
    select
        party_kind,
        party_no,
        enterprise_id,
        'minted' as method
    from party_cluster

)

select * from final
