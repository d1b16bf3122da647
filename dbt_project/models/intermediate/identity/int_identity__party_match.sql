{{ config(indexes=[{'columns': ['party_kind', 'party_no'], 'unique': true}]) }}

with

certain_match as (

    select * from {{ ref('int_identity__certain_match') }}

),

-- written between the two passes of this stage by transform/probable.py; without an enterprise: a name is doubted
probable_match as (

    select * from {{ source('linkage', 'int_identity__probable_match') }}

),

final as (

    select
        certain_match.party_kind,
        certain_match.party_no,
        certain_match.enterprise_id,
        certain_match.method,
        1::numeric(6, 5) as match_probability
    from certain_match
    left join probable_match
        on
            certain_match.party_kind = probable_match.party_kind
            and certain_match.party_no = probable_match.party_no
    where probable_match.party_no is null
    union all
    select
        party_kind,
        party_no,
        enterprise_id,
        'probabilistic' as method,
        match_probability
    from probable_match
    where enterprise_id is not null

)

select * from final
