{{ config(materialized='view') }}

with

tech_register as (

    select * from {{ ref('int_mi_tech_register__current') }}

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}
    where dataset = 'mi_tech_register'

),

final as (

    -- whole years count back from the end of last year; what this year brought stands in none of them
    select
        record_link.enterprise_id,
        tech_register.register,
        tech_register.level,
        tech_register.rank,
        tech_register.issued_on <= {{ as_of() }}
        and coalesce(tech_register.valid_until >= {{ as_of() }}, true) as is_valid,
        extract(year from {{ as_of() }})::integer - extract(year from tech_register.issued_on)::integer as years_back,
        tech_register.level in ('国家级', '省级') as is_provincial,
        tech_register.level = '国家级' as is_national,
        tech_register.source_key,
        tech_register.delivery_id
    from tech_register
    inner join record_link on tech_register.source_key = record_link.source_key
    where tech_register.issued_on <= {{ as_of() }}

)

select * from final
