{{ config(unlogged=false, indexes=[
    {'columns': ['account_kind', 'account_no'], 'unique': true},
    {'columns': ['enterprise_id']},
]) }}

with

party_link as (

    select * from {{ ref('int_identity__party_link') }}

),

final as (

    select
        party_kind as account_kind,
        party_no as account_no,
        enterprise_id,
        method
    from party_link
    where party_kind in ('taxpayer', 'employer')

)

select * from final
