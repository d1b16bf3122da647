{{ config(unlogged=false, indexes=[{'columns': ['enterprise_id', 'attribute'], 'unique': true}]) }}

with

belief as (

    select * from {{ ref('int_enterprise__override_belief') }}

),

recorded as (

    select * from {{ source('ops', 'decision') }}

),

final as (

    select
        belief.enterprise_id,
        belief.attribute,
        belief.value,
        recorded.detail ->> 'instead_of' as instead_of,
        recorded.decision_id,
        recorded.decided_by,
        recorded.decided_at,
        recorded.reason,
        recorded.expires_on,
        recorded.evidence_sha256,
        greatest(belief.valid_from, belief.known_on) as counts_from
    from belief
    inner join recorded on belief.decision_id = recorded.decision_id
    where
        {{ as_of() }} >= belief.valid_from and {{ as_of() }} < belief.valid_to
        and {{ as_of() }} >= belief.known_on and {{ as_of() }} < belief.corrected_on

)

select * from final
