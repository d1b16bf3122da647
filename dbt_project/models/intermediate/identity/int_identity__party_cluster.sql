{{ config(indexes=[{'columns': ['party_kind', 'party_no'], 'unique': true}]) }}

with

party_variant as (

    select * from {{ ref('int_identity__party_variant') }}

),

party_match as (

    select * from {{ ref('int_identity__party_match') }}

),

party_code as (

    select * from {{ ref('int_identity__party_code') }}

),

registered_name as (

    select * from {{ ref('int_identity__registered_name') }}

),

unresolved as (

    select
        party_variant.party_kind,
        party_variant.party_no,
        party_variant.first_delivered_on,
        -- a code that is a registered enterprise's does not name those that are not this enterprise
        case
            when party_code.enterprise_id is null
                then coalesce('org_code|' || party_code.org_code, 'reg_no|' || party_code.reg_no)
        end as code_anchor,
        -- short names are shared by many shops, and a name in the register is someone's already
        case
            when length(party_variant.name_key) >= 6 and registered_name.name_key is null then party_variant.name_key
        end as name_key
    from party_variant
    left join party_match
        on
            party_variant.party_kind = party_match.party_kind
            and party_variant.party_no = party_match.party_no
    left join party_code on party_variant.code_key = party_code.code_key
    left join registered_name on party_variant.name_key = registered_name.name_key
    where party_match.party_no is null

),

-- the oldest evidence names a party: what is delivered later does not change its id
parties as (

    select
        party_kind,
        party_no,
        (min(array[first_delivered_on::text, code_anchor]) filter (where code_anchor is not null))[2] as code_anchor,
        (min(array[first_delivered_on::text, name_key]) filter (where name_key is not null))[2] as name_key
    from unresolved
    group by party_kind, party_no

),

names_of_codes as (

    select
        name_key,
        min(code_anchor) as code_anchor,
        count(distinct code_anchor) as codes
    from parties
    where code_anchor is not null and name_key is not null
    group by name_key

),

anchored as (

    select
        parties.party_kind,
        parties.party_no,
        case
            when parties.code_anchor is not null then parties.code_anchor
            when names_of_codes.codes = 1 then names_of_codes.code_anchor
            when parties.name_key is not null and names_of_codes.codes is null then 'name|' || parties.name_key
            else parties.party_kind || '|' || parties.party_no
        end as anchor
    from parties
    left join names_of_codes on parties.name_key = names_of_codes.name_key

),

final as (

    select
        party_kind,
        party_no,
        anchor,
        {{ enterprise_id('anchor') }} as enterprise_id
    from anchored

)

select * from final
