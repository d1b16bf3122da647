{{ config(indexes=[{'columns': ['code', 'code_kind'], 'unique': true}]) }}

with

stg_ms_registration as (

    select * from {{ ref('stg_ms_registration') }}

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

-- a code that two registered entities bear tells neither of them
final as (

    select
        codes.code_kind,
        codes.code,
        min(registered_entity.enterprise_id) as enterprise_id
    from codes
    inner join registered_entity on codes.entity_no = registered_entity.entity_no
    group by codes.code_kind, codes.code
    having count(*) = 1

)

select * from final
