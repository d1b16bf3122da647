{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

party_variant as (

    select * from {{ ref('int_identity__party_variant') }}

),

party_code as (

    select * from {{ ref('int_identity__party_code') }}

),

variants as (

    select
        provisional_party.enterprise_id,
        party_variant.name,
        party_variant.weight,
        party_variant.first_delivered_on,
        party_code.org_code,
        case when party_code.is_uscc then party_code.code_key end as uscc
    from provisional_party
    inner join party_variant
        on
            provisional_party.party_kind = party_variant.party_kind
            and provisional_party.party_no = party_variant.party_no
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
        min(org_code) as org_code,
        min(first_delivered_on) as first_delivered_on
    from variants
    group by enterprise_id

),

final as (

    select
        codes.enterprise_id,
        names.name,
        codes.uscc,
        codes.org_code,
        codes.first_delivered_on
    from codes
    left join names on codes.enterprise_id = names.enterprise_id

)

select * from final
