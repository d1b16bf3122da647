{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

registration as (

    select * from {{ ref('int_ms_registration__current') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

district_code as (

    select * from {{ ref('seed_district_code') }}

),

final as (

    select
        registered_entity.enterprise_id,
        registration.*,
        coalesce(district_code.today_code, '370299') as today_district_code
    from registration
    inner join registered_entity on registration.entity_no = registered_entity.entity_no
    left join district_code on registration.district_code = district_code.code

)

select * from final
