{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    unlogged=false,
    indexes=[{'columns': ['enterprise_id', 'party_kind', 'party_no'], 'unique': true}],
) }}

with

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

bearers as (

    select
        enterprise_id,
        party_kind,
        party_no
    from provisional_party
    {% if not is_incremental() %}
    -- ids given out before members were kept: one of them is known
    union
    select
        enterprise_id,
        witness_kind as party_kind,
        witness_no as party_no
    from {{ ref('int_enterprise__id_minted') }}
    {% endif %}

),

known as (

    {% if is_incremental() %}
    select * from {{ this }}
    {% else %}
    select
        null::text as enterprise_id,
        null::text as party_kind,
        null::text as party_no
    where false
    {% endif %}

),

final as (

    select
        bearers.enterprise_id,
        bearers.party_kind,
        bearers.party_no,
        {{ as_of() }} as first_on
    from bearers
    left join known
        on
            bearers.enterprise_id = known.enterprise_id
            and bearers.party_kind = known.party_kind
            and bearers.party_no = known.party_no
    where known.enterprise_id is null

)

select * from final
