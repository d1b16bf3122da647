{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='old_enterprise_id',
    full_refresh=false,
    on_schema_change='append_new_columns',
    post_hook="delete from {{ this }} where old_enterprise_id in (select enterprise_id from {{ ref('int_identity__provisional_party') }})",
) }}

with

moved_member as (

    select * from {{ ref('int_identity__moved_member') }}

),

provisional_party as (

    select distinct enterprise_id from {{ ref('int_identity__provisional_party') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

-- where the records of ids are that no party bears any more
gone as (

    select
        moved_member.from_enterprise_id,
        moved_member.to_enterprise_id,
        count(*) as parties
    from moved_member
    left join provisional_party on moved_member.from_enterprise_id = provisional_party.enterprise_id
    left join registered_entity on moved_member.from_enterprise_id = registered_entity.enterprise_id
    where
        provisional_party.enterprise_id is null
        and registered_entity.enterprise_id is null
        and moved_member.to_enterprise_id is not null
    group by moved_member.from_enterprise_id, moved_member.to_enterprise_id

),

-- the most of its records tell where an id leads
resolved as (

    select
        from_enterprise_id as old_enterprise_id,
        (array_agg(to_enterprise_id order by parties desc, to_enterprise_id asc))[1] as new_enterprise_id,
        case count(*) when 1 then 'merge' else 'split' end as cause,
        array_agg(to_enterprise_id order by to_enterprise_id) as successors
    from gone
    group by from_enterprise_id

),

known as (

    {% if is_incremental() %}
    select * from {{ this }}
    {% else %}
    select
        null::text as old_enterprise_id,
        null::text as new_enterprise_id,
        null::text as cause,
        null::text[] as successors
    where false
    {% endif %}

),

final as (

    select
        resolved.old_enterprise_id,
        resolved.new_enterprise_id,
        resolved.cause,
        {{ as_of() }} as on_date,
        resolved.successors
    from resolved
    left join known
        on
            resolved.old_enterprise_id = known.old_enterprise_id
            and resolved.new_enterprise_id = known.new_enterprise_id
            and resolved.cause = known.cause
            and resolved.successors = known.successors
    where known.old_enterprise_id is null

)

select * from final
