-- depends_on: {{ ref('int_identity__linkage_verdict') }}
{{ config(unlogged=false, indexes=[
    {'columns': ['account_kind', 'account_no'], 'unique': true},
    {'columns': ['enterprise_id']},
]) }}

with

party_link as (

    select * from {{ ref('int_identity__party_link') }}

),

party_match as (

    select * from {{ ref('int_identity__party_match') }}

),

final as (

    select
        party_link.party_kind as account_kind,
        party_link.party_no as account_no,
        party_link.enterprise_id,
        party_link.method,
        case party_link.method when 'probabilistic' then party_match.match_probability else 1 end as match_probability
    from party_link
    left join party_match
        on
            party_link.party_kind = party_match.party_kind
            and party_link.party_no = party_match.party_no
    where party_link.party_kind in ('taxpayer', 'employer')

)

select * from final
