-- depends_on: {{ ref('int_identity__linkage_verdict') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    unlogged=false,
    indexes=[{'columns': ['enterprise_id'], 'unique': true}],
) }}

with

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

-- any member can testify later where the records of an id went; the first in order is as good as any
minted_now as (

    select distinct on (enterprise_id)
        enterprise_id,
        anchor,
        party_kind as witness_kind,
        party_no as witness_no,
        {{ as_of() }} as minted_on
    from provisional_party
    order by enterprise_id asc, party_kind asc, party_no asc

),

known as (

    {% if is_incremental() %}
    select enterprise_id from {{ this }}
    {% else %}
    select null::text as enterprise_id
    where false
    {% endif %}

),

final as (

    select minted_now.*
    from minted_now
    left join known on minted_now.enterprise_id = known.enterprise_id
    where known.enterprise_id is null

)

select * from final
