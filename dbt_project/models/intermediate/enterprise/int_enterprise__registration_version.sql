with

stg_ms_registration as (

    select * from {{ ref('stg_ms_registration') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

district_code as (

    select * from {{ ref('seed_district_code') }}

),

versions as (

    select
        registered_entity.enterprise_id,
        stg_ms_registration.entity_no,
        stg_ms_registration.delivery_id,
        stg_ms_registration.row_no,
        stg_ms_registration.delivered_on,
        stg_ms_registration.reg_status as status,
        stg_ms_registration.status_on,
        stg_ms_registration.approved_on,
        coalesce(district_code.today_code, '370299') as district_code,
        (stg_ms_registration.updated_at at time zone 'Asia/Shanghai')::date as updated_on,
        row_number() over (
            partition by stg_ms_registration.entity_no order by stg_ms_registration.updated_at
        ) as version_no
    from stg_ms_registration
    inner join registered_entity on stg_ms_registration.entity_no = registered_entity.entity_no
    left join district_code on stg_ms_registration.district_code = district_code.code

),

final as (

    select
        *,
        lag(status) over entity as previous_status,
        lag(district_code) over entity as previous_district_code,
        lag(updated_on) over entity as previous_updated_on
    from versions
    window entity as (partition by entity_no order by version_no)

)

select * from final
