{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='old_enterprise_id',
    full_refresh=false,
    post_hook="delete from {{ this }} where old_enterprise_id in (select enterprise_id from {{ ref('int_identity__party_cluster') }})",
) }}

with

id_minted as (

    select * from {{ ref('int_enterprise__id_minted') }}

),

party_cluster as (

    select * from {{ ref('int_identity__party_cluster') }}

),

party_link as (

    select * from {{ ref('int_identity__party_link') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

-- ids given out that no party bears any more
gone as (

    select
        id_minted.enterprise_id,
        id_minted.witness_kind,
        id_minted.witness_no
    from id_minted
    left join party_cluster on id_minted.enterprise_id = party_cluster.enterprise_id
    where party_cluster.enterprise_id is null

),

-- a number that was unknown may have been registered since: then it is a party no longer
resolved as (

    select
        gone.enterprise_id as old_enterprise_id,
        coalesce(party_link.enterprise_id, registered_entity.enterprise_id) as new_enterprise_id,
        'merge' as cause,
        {{ as_of() }} as on_date
    from gone
    left join party_link
        on
            gone.witness_kind = party_link.party_kind
            and gone.witness_no = party_link.party_no
    left join registered_entity
        on
            gone.witness_no = registered_entity.entity_no
            and gone.witness_kind = 'entity'

),

known as (

    {% if is_incremental() %}
    select
        old_enterprise_id,
        new_enterprise_id
    from {{ this }}
    {% else %}
    select
        null::text as old_enterprise_id,
        null::text as new_enterprise_id
    where false
    {% endif %}

),

final as (

    select resolved.*
    from resolved
    left join known
        on
            resolved.old_enterprise_id = known.old_enterprise_id
            and resolved.new_enterprise_id = known.new_enterprise_id
    where known.old_enterprise_id is null

)

select * from final
