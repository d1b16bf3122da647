{{ config(indexes=[{'columns': ['code_key'], 'unique': true}]) }}

with

party_variant as (

    select * from {{ ref('int_identity__party_variant') }}

),

registered_code as (

    select * from {{ ref('int_identity__registered_code') }}

),

codes as (

    select
        party_variant.code_key,
        by_uscc.enterprise_id as uscc_enterprise_id,
        by_org_code.enterprise_id as org_code_enterprise_id,
        by_reg_no.enterprise_id as reg_no_enterprise_id,
        {{ is_personal_number('party_variant.code_key') }} as is_personal
    from party_variant
    left join registered_code as by_uscc
        on
            party_variant.code_key = by_uscc.code
            and by_uscc.code_kind = 'uscc'
    left join registered_code as by_org_code
        on
            length(party_variant.code_key) in (9, 15)
            and right(party_variant.code_key, 9) = by_org_code.code
            and by_org_code.code_kind = 'org_code'
    left join registered_code as by_reg_no
        on
            party_variant.code_key = by_reg_no.code
            and by_reg_no.code_kind = 'reg_no'
    -- no code is longer than 20; what is longer than an index takes would stop the build
    where length(party_variant.code_key) <= 100
    group by
        party_variant.code_key, by_uscc.enterprise_id, by_org_code.enterprise_id, by_reg_no.enterprise_id

),

-- A credit code holds the organisation code in places 9 to 17, the old 15-digit tax number at its end.
-- Codes found in the register were checked there; only the others need the check sums.
read as (

    select
        code_key,
        uscc_enterprise_id,
        reg_no_enterprise_id,
        case
            when length(code_key) = 18 and (uscc_enterprise_id is not null or ops.is_uscc(code_key))
                then substr(code_key, 9, 9)
            when length(code_key) not in (9, 15) then null
            -- what looks like a person's number is an organisation's only where its check holds and the register has it
            when is_personal and org_code_enterprise_id is null then null
            when ops.is_org_code(right(code_key, 9)) then right(code_key, 9)
            -- the unified code has one check character for all of it: the places of the organisation may fail their own
            when org_code_enterprise_id is not null and not is_personal and not ops.is_reg_no(code_key)
                then right(code_key, 9)
        end as org_code,
        -- one person's number in ten passes the check of a registration number
        case
            when
                length(code_key) = 15 and ops.is_reg_no(code_key)
                and (not is_personal or reg_no_enterprise_id is not null)
                then code_key
        end as reg_no
    from codes

),

final as (

    select
        read.code_key,
        read.org_code,
        read.reg_no,
        length(read.code_key) = 18 and read.org_code is not null as is_uscc,
        coalesce(
            read.uscc_enterprise_id,
            by_org_code.enterprise_id,
            case when read.reg_no is not null then read.reg_no_enterprise_id end
        ) as enterprise_id,
        case
            when read.uscc_enterprise_id is not null then 'uscc'
            when by_org_code.enterprise_id is not null then 'org_code'
            when read.reg_no is not null and read.reg_no_enterprise_id is not null then 'reg_no'
        end as method
    from read
    left join registered_code as by_org_code
        on
            read.org_code = by_org_code.code
            and by_org_code.code_kind = 'org_code'

)

select * from final
