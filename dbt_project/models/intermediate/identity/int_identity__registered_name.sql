{{ config(indexes=[{'columns': ['name_key'], 'unique': true}]) }}

with

stg_ms_registration as (

    select * from {{ ref('stg_ms_registration') }}

),

stg_ms_change_event as (

    select * from {{ ref('stg_ms_change_event') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

registered_code as (

    select * from {{ ref('int_identity__registered_code') }}

),

names_as_given as (

    select
        entity_no,
        entity_name as name
    from stg_ms_registration
    union
    select
        entity_no,
        regexp_split_to_table(former_names, '[；;]') as name
    from stg_ms_registration
    where former_names is not null
    union
    select
        entity_no,
        unnest(array[value_before, value_after]) as name
    from stg_ms_change_event
    where change_item = '名称'

),

names as (

    select distinct
        registered_entity.enterprise_id,
        {{ name_key('names_as_given.name') }} as name_key
    from names_as_given
    inner join registered_entity on names_as_given.entity_no = registered_entity.entity_no

),

coded as (

    select distinct enterprise_id
    from registered_code
    where code_kind = 'uscc'

),

final as (

    select
        names.name_key,
        count(*) as holders,
        case when count(*) = 1 then min(names.enterprise_id) end as enterprise_id,
        case when count(*) > 1 then string_agg(names.enterprise_id, ' ' order by names.enterprise_id) end as bearers,
        bool_and(coded.enterprise_id is not null) as is_coded
    from names
    left join coded on names.enterprise_id = coded.enterprise_id
    -- no name is as long; a former name of whole lines, or one that NFKC makes ten times longer, could not be indexed
    where octet_length(names.name_key) <= 1000
    group by names.name_key

)

select * from final
