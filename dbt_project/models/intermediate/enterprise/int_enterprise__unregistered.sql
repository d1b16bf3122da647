{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

party_cluster as (

    select * from {{ ref('int_identity__party_cluster') }}

),

party_variant as (

    select * from {{ ref('int_identity__party_variant') }}

),

party_code as (

    select * from {{ ref('int_identity__party_code') }}

),

variants as (

    select
        party_cluster.enterprise_id,
        party_variant.name,
        party_variant.weight,
        party_code.org_code,
        case when party_code.is_uscc then party_code.code_key end as uscc
    from party_cluster
    inner join party_variant
        on
            party_cluster.party_kind = party_variant.party_kind
            and party_cluster.party_no = party_variant.party_no
    left join party_code on party_variant.code_key = party_code.code_key

),

names as (

    select distinct on (enterprise_id)
        enterprise_id,
        name
    from variants
    where name is not null
    group by enterprise_id, name
    order by enterprise_id asc, sum(weight) desc, name asc

),

codes as (

    select
        enterprise_id,
        min(uscc) as uscc,
        min(org_code) as org_code
    from variants
    group by enterprise_id

),

final as (

    select
        codes.enterprise_id,
        names.name,
        codes.uscc,
        codes.org_code
    from codes
    left join names on codes.enterprise_id = names.enterprise_id

)

select * from final
