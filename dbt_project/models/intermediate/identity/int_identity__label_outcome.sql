with

party_link as (

    select
        party_kind,
        party_no,
        enterprise_id
    from {{ ref('int_identity__party_link') }}
    union all
    select
        'entity' as party_kind,
        entity_no as party_no,
        enterprise_id
    from {{ ref('int_identity__registered_entity') }}

),

assignment as (

    select
        party_kind,
        party_no,
        enterprise_id
    from {{ ref('int_identity__assignment') }}
    union all
    select
        'entity' as party_kind,
        entity_no as party_no,
        enterprise_id
    from {{ ref('int_identity__registered_entity') }}

),

decided as (

    select
        party_kind,
        party_no,
        case kind when 'merge' then to_enterprise_id else from_enterprise_id end as enterprise_id,
        kind = 'merge' as is_same
    from {{ ref('int_identity__decision') }}
    where ended is null and party_no is not null and kind in ('merge', 'split')

),

-- decisions for provisional enterprises follow them, so only registered ones say who it is for good
final as (

    select
        'file' as source,
        label.is_same,
        ruled.enterprise_id = ruled_other.enterprise_id as is_tied_by_rules,
        linked.enterprise_id = linked_other.enterprise_id as is_tied
    from {{ source('ops', 'linkage_label') }} as label
    inner join assignment as ruled on label.party_kind = ruled.party_kind and label.party_no = ruled.party_no
    inner join assignment as ruled_other
        on label.other_kind = ruled_other.party_kind and label.other_no = ruled_other.party_no
    inner join party_link as linked on label.party_kind = linked.party_kind and label.party_no = linked.party_no
    inner join party_link as linked_other
        on label.other_kind = linked_other.party_kind and label.other_no = linked_other.party_no
    union all
    select
        'decision' as source,
        decided.is_same,
        ruled.enterprise_id = decided.enterprise_id as is_tied_by_rules,
        linked.enterprise_id = decided.enterprise_id as is_tied
    from decided
    inner join {{ ref('int_identity__registered_entity') }} as registered_entity
        on decided.enterprise_id = registered_entity.enterprise_id
    inner join assignment as ruled on decided.party_kind = ruled.party_kind and decided.party_no = ruled.party_no
    inner join party_link as linked on decided.party_kind = linked.party_kind and decided.party_no = linked.party_no

)

select * from final
