{{ config(indexes=[{'columns': ['code', 'code_kind'], 'unique': true}]) }}

with

stg_ms_registration as (

    select * from {{ ref('stg_ms_registration') }}

),

current_registration as (

    select * from {{ ref('int_ms_registration__current') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

-- the contract lets only valid codes pass; placeholders remain in reg_no
codes as (

    select
        entity_no,
        'uscc' as code_kind,
        uscc as code
    from stg_ms_registration
    where uscc is not null
    union
    select
        entity_no,
        'org_code' as code_kind,
        substr(uscc, 9, 9) as code
    from stg_ms_registration
    where uscc is not null
    union
    select
        entity_no,
        'reg_no' as code_kind,
        reg_no as code
    from stg_ms_registration
    where reg_no ~ '^\d*[1-9]\d*$'

),

bearers as (

    select
        codes.code_kind,
        codes.code,
        registered_entity.enterprise_id,
        case codes.code_kind
            when 'uscc' then codes.code = current_registration.uscc
            when 'org_code' then codes.code = substr(current_registration.uscc, 9, 9)
            else codes.code = current_registration.reg_no
        end as is_borne_now
    from codes
    inner join registered_entity on codes.entity_no = registered_entity.entity_no
    inner join current_registration on codes.entity_no = current_registration.entity_no

),

-- a code that two registered entities bear tells neither of them; one that was corrected tells who bears it now
final as (

    select
        code_kind,
        code,
        coalesce(min(enterprise_id) filter (where is_borne_now), min(enterprise_id)) as enterprise_id
    from bearers
    group by code_kind, code
    having count(*) = 1 or count(*) filter (where is_borne_now) = 1

)

select * from final
