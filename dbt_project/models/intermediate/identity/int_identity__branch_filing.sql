{{ config(indexes=[{'columns': ['party_kind', 'party_no', 'parent_enterprise_id'], 'unique': true}]) }}

with

party_variant as (

    select * from {{ ref('int_identity__party_variant') }}

),

party_code as (

    select * from {{ ref('int_identity__party_code') }}

),

current_registration as (

    select * from {{ ref('int_ms_registration__current') }}

),

registered_name as (

    select * from {{ ref('int_identity__registered_name') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

-- a name beside a code; a spelling without a name speaks for neither
named as (

    select
        party_variant.party_kind,
        party_variant.party_no,
        party_code.enterprise_id as parent_enterprise_id,
        party_variant.weight,
        party_variant.last_delivered_on,
        {{ is_branch_name('party_variant.name_key') }} as is_branch
    from party_variant
    inner join party_code on party_variant.code_key = party_code.code_key
    where party_code.enterprise_id is not null and party_variant.name_key is not null

),

-- its rows without any code speak by their name
called as (

    select
        party_variant.party_kind,
        party_variant.party_no,
        registered_name.enterprise_id as parent_enterprise_id,
        party_variant.weight,
        party_variant.last_delivered_on,
        false as is_branch
    from party_variant
    inner join registered_name on party_variant.name_key = registered_name.name_key
    where
        party_variant.code_key is null
        and (party_variant.party_kind, party_variant.party_no, registered_name.enterprise_id) in (
            select
                named.party_kind,
                named.party_no,
                named.parent_enterprise_id
            from named
            where named.is_branch
        )

),

spoken as (

    select * from named
    union all
    select * from called

),

-- the old and the new code of one enterprise are one code
weighed as (

    select
        party_kind,
        party_no,
        parent_enterprise_id,
        sum(weight) filter (where is_branch) as branch_weight,
        coalesce(sum(weight) filter (where not is_branch), 0) as other_weight,
        max(last_delivered_on) filter (where is_branch) as branch_last_on,
        max(last_delivered_on) filter (where not is_branch) as other_last_on
    from spoken
    group by party_kind, party_no, parent_enterprise_id
    having bool_or(is_branch)

),

-- an account is told by how often it says so, a record by its last delivery
final as (

    select
        weighed.party_kind,
        weighed.party_no,
        weighed.parent_enterprise_id,
        case
            when {{ is_account('weighed.party_kind') }} then weighed.branch_weight >= weighed.other_weight
            else weighed.other_weight = 0 or weighed.branch_last_on >= weighed.other_last_on
        end as is_branch
    from weighed
    inner join registered_entity on weighed.parent_enterprise_id = registered_entity.enterprise_id
    inner join current_registration on registered_entity.entity_no = current_registration.entity_no
    where not {{ is_branch_name('current_registration.entity_name') }}

)

select * from final
