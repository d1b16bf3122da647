{%- set facts = ['tx_vat_return', 'tx_cit_return', 'tx_payment', 'tx_credit_rating'] -%}

with

stg_tx_taxpayer as (

    select * from {{ ref('stg_tx_taxpayer') }}

),

accounts as (

    {%- for dataset in facts %}
    select
        taxpayer_no,
        min(delivered_on) as first_delivered_on
    from {{ ref('stg_' ~ dataset) }}
    group by taxpayer_no
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        accounts.taxpayer_no,
        min(accounts.first_delivered_on) as first_delivered_on
    from accounts
    left join stg_tx_taxpayer on accounts.taxpayer_no = stg_tx_taxpayer.taxpayer_no
    where stg_tx_taxpayer.taxpayer_no is null
    group by accounts.taxpayer_no

)

select * from final
