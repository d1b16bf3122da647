{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

{%- set facts = {
    'taxpayer': ['tx_taxpayer', 'tx_vat_return', 'tx_cit_return', 'tx_payment', 'tx_credit_rating'],
    'employer': ['hr_insurance', 'hr_talent', 'hr_stability_subsidy'],
} %}

with

account_link as (

    select * from {{ ref('int_enterprise__account_link') }}

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}

),

accounts as (

    {%- for kind, datasets in facts.items() %}
    {%- set last_kind = loop.last %}
    {%- for dataset in datasets %}
    select
        '{{ dataset }}' as dataset,
        '{{ kind }}' as account_kind,
        {{ kind }}_no as account_no
    from {{ ref('stg_' ~ dataset) }}
    group by {{ kind }}_no
    {%- if not (last_kind and loop.last) %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- endfor %}

),

appearances as (

    select
        enterprise_id,
        dataset
    from record_link
    union
    select
        account_link.enterprise_id,
        accounts.dataset
    from accounts
    inner join account_link
        on
            accounts.account_kind = account_link.account_kind
            and accounts.account_no = account_link.account_no

),

final as (

    select
        enterprise_id,
        array_agg(dataset order by dataset) as sources
    from appearances
    group by enterprise_id

)

select * from final
