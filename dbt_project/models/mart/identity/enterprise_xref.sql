{{ config(materialized='view') }}

{#- Facts of accounts: their keys are accepted once. -#}
{%- set taxpayer_facts = ['tx_vat_return', 'tx_cit_return', 'tx_payment', 'tx_credit_rating'] -%}
{%- set employer_facts = ['hr_insurance', 'hr_talent', 'hr_stability_subsidy'] -%}

with

account_link as (

    select * from {{ ref('int_enterprise__account_link') }}

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}

),

tx_taxpayer as (

    select
        source_key,
        taxpayer_no
    from {{ ref('stg_tx_taxpayer') }}
    group by source_key, taxpayer_no

),

links as (

    select
        dataset,
        source_key,
        enterprise_id,
        method,
        match_probability
    from record_link
    union all
    select
        'tx_taxpayer' as dataset,
        tx_taxpayer.source_key,
        account_link.enterprise_id,
        account_link.method,
        account_link.match_probability
    from tx_taxpayer
    inner join account_link
        on
            tx_taxpayer.taxpayer_no = account_link.account_no
            and account_link.account_kind = 'taxpayer'
    {%- for dataset in taxpayer_facts + employer_facts %}
    {%- set kind = 'taxpayer' if dataset in taxpayer_facts else 'employer' %}
    union all
    select
        '{{ dataset }}' as dataset,
        fact.source_key,
        account_link.enterprise_id,
        account_link.method,
        account_link.match_probability
    from {{ ref('stg_' ~ dataset) }} as fact
    inner join account_link
        on
            fact.{{ kind }}_no = account_link.account_no
            and account_link.account_kind = '{{ kind }}'
    {%- endfor %}

),

final as (

    select
        dataset,
        source_key,
        enterprise_id,
        method,
        match_probability::numeric(6, 5) as match_probability
    from links

)

select * from final
