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
        method,
        true as is_registered
    from party_match
    union all
    select
        party_kind,
        party_no,
        enterprise_id,
        'minted' as method,
        false as is_registered
    from party_cluster

)

select * from final
