-- depends_on: {{ ref('int_identity__linkage_verdict') }}
{{ config(unlogged=false, indexes=[
    {'columns': ['dataset', 'source_key'], 'unique': true},
    {'columns': ['enterprise_id']},
]) }}

with

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

party_link as (

    select * from {{ ref('int_identity__party_link') }}

),

party_match as (

    select * from {{ ref('int_identity__party_match') }}

),

-- a later version may name another market entity
irregularity as (

    select distinct on (source_key)
        'ms_irregularity' as dataset,
        source_key,
        entity_no
    from {{ ref('stg_ms_irregularity') }}
    where {{ entity_number('entity_no') }} is not null
    order by source_key asc, delivered_on desc, delivery_id desc, row_no desc

),

-- records of the register name a market entity by its number
entity_records as (

    select
        'ms_registration' as dataset,
        source_key,
        entity_no
    from {{ ref('stg_ms_registration') }}
    union
    select
        'ms_change_event' as dataset,
        source_key,
        entity_no
    from {{ ref('stg_ms_change_event') }}
    where {{ entity_number('entity_no') }} is not null
    union
    select
        'ms_annual_report' as dataset,
        source_key,
        entity_no
    from {{ ref('stg_ms_annual_report') }}
    where {{ entity_number('entity_no') }} is not null
    union
    select * from irregularity

),

links as (

    select
        entity_records.dataset,
        entity_records.source_key,
        coalesce(registered_entity.enterprise_id, party_link.enterprise_id) as enterprise_id,
        case when registered_entity.enterprise_id is not null then 'minted' else party_link.method end as method,
        null::numeric(6, 5) as match_probability,
        1 as place
    from entity_records
    left join registered_entity on entity_records.entity_no = registered_entity.entity_no
    left join party_link
        on
            entity_records.entity_no = party_link.party_no
            and party_link.party_kind = 'entity'
    union all
    select
        party_link.party_kind as dataset,
        party_link.party_no as source_key,
        party_link.enterprise_id,
        party_link.method,
        party_match.match_probability,
        2 as place
    from party_link
    left join party_match
        on
            party_link.party_kind = party_match.party_kind
            and party_link.party_no = party_match.party_no
            and party_link.method = 'probabilistic'
    where party_link.party_kind not in ('taxpayer', 'employer', 'entity')

),

-- a delta record may have been delivered with and without its number: the number decides
final as (

    select distinct on (dataset, source_key)
        dataset,
        source_key,
        enterprise_id,
        method,
        coalesce(match_probability, 1) as match_probability
    from links
    order by dataset asc, source_key asc, place asc, enterprise_id asc

)

select * from final
