{{ config(indexes=[{'columns': ['party_kind', 'party_no'], 'unique': true}]) }}

with

party_variant as (

    select * from {{ ref('int_identity__party_variant') }}

),

party_code as (

    select * from {{ ref('int_identity__party_code') }}

),

registered_name as (

    select * from {{ ref('int_identity__registered_name') }}

),

current_registration as (

    select * from {{ ref('int_ms_registration__current') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

-- a branch that files under the code of an enterprise that is none: a branch is not its parent
branch_filing as (

    select distinct
        party_variant.party_kind,
        party_variant.party_no,
        party_variant.code_key
    from party_variant
    inner join party_code on party_variant.code_key = party_code.code_key
    inner join registered_entity on party_code.enterprise_id = registered_entity.enterprise_id
    inner join current_registration on registered_entity.entity_no = current_registration.entity_no
    where
        {{ is_branch_name('party_variant.name_key') }}
        and not {{ is_branch_name('current_registration.entity_name') }}

),

evidence as (

    select
        party_variant.party_kind,
        party_variant.party_no,
        party_variant.weight,
        party_variant.last_delivered_on,
        case when branch_filing.party_no is null then party_code.enterprise_id end as code_enterprise_id,
        party_code.method as code_method,
        registered_name.enterprise_id as name_enterprise_id,
        -- a code of someone else beside the name of an enterprise that has a code of its own
        coalesce(party_code.is_uscc and registered_name.is_coded, false) as is_contradicted,
        -- there the name of a registered branch wins
        registered_name.enterprise_id is not null
        and coalesce(registered_name.enterprise_id <> party_code.enterprise_id, true)
        and {{ is_branch_name('party_variant.name_key') }} as is_branch_of_code
    from party_variant
    left join party_code on party_variant.code_key = party_code.code_key
    left join registered_name on party_variant.name_key = registered_name.name_key
    left join branch_filing
        on
            party_variant.party_kind = branch_filing.party_kind
            and party_variant.party_no = branch_filing.party_no
            and party_variant.code_key = branch_filing.code_key
    where party_code.enterprise_id is not null or registered_name.enterprise_id is not null

),

decided as (

    select
        party_kind,
        party_no,
        weight,
        last_delivered_on,
        case
            when is_branch_of_code then name_enterprise_id
            when code_enterprise_id is not null then code_enterprise_id
            when not is_contradicted then name_enterprise_id
        end as enterprise_id,
        case when is_branch_of_code then 'name_exact' else coalesce(code_method, 'name_exact') end as method,
        case
            when is_branch_of_code then 0
            else coalesce(array_position(array['uscc', 'org_code', 'reg_no'], code_method), 4)
        end as method_rank
    from evidence

),

supported as (

    select
        party_kind,
        party_no,
        enterprise_id,
        method,
        method_rank,
        sum(weight) as weight,
        max(max(last_delivered_on)) over (partition by party_kind, party_no, enterprise_id) as last_delivered_on
    from decided
    where enterprise_id is not null
    group by party_kind, party_no, enterprise_id, method, method_rank

),

-- of a record the last delivery tells whose it is now; an account is told by its best code, then by the most frequent
strongest as (

    select
        party_kind,
        party_no,
        enterprise_id,
        method,
        rank() over (
            partition by party_kind, party_no
            order by
                case when party_kind not in ('taxpayer', 'employer', 'entity') then last_delivered_on end desc,
                method_rank asc,
                weight desc,
                last_delivered_on desc
        ) as place
    from supported

),

-- two first places are a tie: nobody's
final as (

    select
        party_kind,
        party_no,
        min(enterprise_id) as enterprise_id,
        min(method) as method
    from strongest
    where place = 1
    group by party_kind, party_no
    having count(*) = 1

)

select * from final
