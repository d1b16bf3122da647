with

decision as (

    select
        decision_id,
        detail
    from {{ source('ops', 'decision') }}
    where
        state = 'active'
        and (subject like 'party:%' or subject like 'enterprise:%')

),

parties as (

    select
        decision.decision_id,
        party.value ->> 0 as party_kind,
        party.value ->> 1 as party_no
    from decision
    cross join jsonb_array_elements(decision.detail -> 'evidence' -> 'parties') as party (value)

),

entities as (

    select
        decision.decision_id,
        decision.detail ->> 'field' as field,
        registered_entity.entity_no
    from decision
    cross join jsonb_array_elements_text(decision.detail -> 'evidence' -> 'enterprises') as enterprise (enterprise_id)
    inner join {{ ref('int_identity__registered_entity') }} as registered_entity
        on enterprise.enterprise_id = registered_entity.enterprise_id

),

statements as (

    select
        parties.decision_id,
        concat_ws('|', 'party', parties.party_kind, parties.party_no, variant.code_key, ':', variant.name_key) as said
    from parties
    inner join {{ ref('int_identity__party_variant') }} as variant
        on
            parties.party_kind = variant.party_kind
            and parties.party_no = variant.party_no
    union
    select
        entities.decision_id,
        concat_ws(
            '|', 'entity', entities.entity_no, registration.uscc, ':', registration.reg_no, ':',
            registration.entity_name, ':', registration.former_names, ':', to_jsonb(registration) ->> entities.field
        ) as said
    from entities
    inner join {{ ref('stg_ms_registration') }} as registration on entities.entity_no = registration.entity_no
    union
    select
        entities.decision_id,
        concat_ws('|', 'change', entities.entity_no, change.value_before, ':', change.value_after) as said
    from entities
    inner join {{ ref('stg_ms_change_event') }} as change on entities.entity_no = change.entity_no
    where change.change_item = '名称'

),

final as (

    select
        decision.decision_id,
        encode(
            sha256(convert_to(coalesce(string_agg(statements.said, E'\n' order by statements.said), ''), 'UTF8')), 'hex'
        ) as evidence_sha256
    from decision
    left join statements on decision.decision_id = statements.decision_id
    group by decision.decision_id

)

select * from final
