{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

stg_ms_registration as (

    select * from {{ ref('stg_ms_registration') }}

),

stg_ms_change_event as (

    select * from {{ ref('stg_ms_change_event') }}

),

names as (

    select
        entity_no,
        entity_name as name
    from stg_ms_registration
    union
    select
        entity_no,
        ops.clean(regexp_split_to_table(former_names, '[；;]')) as name
    from stg_ms_registration
    where former_names is not null
    union
    select
        entity_no,
        value_before as name
    from stg_ms_change_event
    where change_item = '名称'

),

final as (

    select
        registration.enterprise_id,
        array_agg(names.name order by names.name) as former_names
    from names
    inner join registration
        on
            names.entity_no = registration.entity_no
            and names.name <> registration.entity_name
    group by registration.enterprise_id

)

select * from final
