{%- set facts = ['tx_vat_return', 'tx_cit_return', 'tx_payment', 'tx_credit_rating'] -%}

with

stg_tx_taxpayer as (

    select * from {{ ref('stg_tx_taxpayer') }}

),

accounts as (

    {%- for dataset in facts %}
    select taxpayer_no
    from {{ ref('stg_' ~ dataset) }}
    group by taxpayer_no
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}

),

final as (

    select accounts.taxpayer_no
    from accounts
    left join stg_tx_taxpayer on accounts.taxpayer_no = stg_tx_taxpayer.taxpayer_no
    where stg_tx_taxpayer.taxpayer_no is null

)

select * from final
