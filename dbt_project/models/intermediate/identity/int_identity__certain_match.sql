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

branch_filing as (

    select * from {{ ref('int_identity__branch_filing') }}

),

evidence as (

    select
        party_variant.party_kind,
        party_variant.party_no,
        party_variant.weight,
        party_variant.last_delivered_on,
        party_code.enterprise_id as code_enterprise_id,
        party_code.method as code_method,
        registered_name.enterprise_id as name_enterprise_id,
        coalesce({{ is_branch_name('party_variant.name_key') }}, false) as is_branch_name,
        -- whether a branch files under the code of its parent; null where no branch's name stands beside it
        branch_filing.is_branch as is_branch_filing,
        -- a code of someone else beside the name of an enterprise that has a code of its own
        coalesce(party_code.is_uscc and registered_name.is_coded, false) as is_contradicted
    from party_variant
    left join party_code on party_variant.code_key = party_code.code_key
    left join registered_name on party_variant.name_key = registered_name.name_key
    left join branch_filing
        on
            party_variant.party_kind = branch_filing.party_kind
            and party_variant.party_no = branch_filing.party_no
            and case
                when party_variant.code_key is null then registered_name.enterprise_id
                else party_code.enterprise_id
            end = branch_filing.parent_enterprise_id
    where party_code.enterprise_id is not null or registered_name.enterprise_id is not null

),

-- a branch is not its parent: where it files, its parent's code and name tie nobody
told as (

    select
        *,
        case
            when is_branch_name and is_branch_filing is not null and name_enterprise_id is not null then 'name'
            when is_branch_filing then null
            when code_enterprise_id is not null then 'code'
            when is_branch_name or not is_contradicted then 'name'
        end as told_by
    from evidence

),

decided as (

    select
        party_kind,
        party_no,
        weight,
        last_delivered_on,
        case told_by when 'code' then code_enterprise_id else name_enterprise_id end as enterprise_id,
        case told_by when 'code' then code_method else 'name_exact' end as method,
        -- a branch's name ranks as the code it files under would, and as a name where it is the exception
        case
            when told_by = 'code' or is_branch_filing
                then array_position(array['uscc', 'org_code', 'reg_no'], code_method)
            else 4
        end as method_rank
    from told
    where told_by is not null

),

supported as (

    select
        party_kind,
        party_no,
        enterprise_id,
        method_rank,
        -- by a code of its own, where it bears one besides
        max(method) as method,
        sum(weight) as weight,
        max(max(last_delivered_on)) over (partition by party_kind, party_no, enterprise_id) as last_delivered_on
    from decided
    where enterprise_id is not null
    group by party_kind, party_no, enterprise_id, method_rank

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
                case when not {{ is_account('party_kind') }} then last_delivered_on end desc,
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
