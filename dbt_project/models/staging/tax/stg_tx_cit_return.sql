with

delivered as (

    {{ delivered_rows(source('tax', 'tx_cit_return'), 'tx_cit_return') }}

),

accepted as (

    {{ accepted_rows('tx_cit_return') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['taxpayer_no', 'tax_year', 'version']) }} as source_key,
        {{ read_text('taxpayer_no') }} as taxpayer_no,
        {{ read_integer('tax_year') }} as tax_year,
        {{ read_integer('version') }} as version,
        {{ read_yuan('operating_revenue_yuan') }} as operating_revenue_yuan,
        {{ read_yuan('main_business_revenue_yuan') }} as main_business_revenue_yuan,
        {{ read_yuan('net_profit_yuan') }} as net_profit_yuan,
        {{ read_yuan('total_assets_yuan') }} as total_assets_yuan,
        {{ read_yuan('total_liabilities_yuan') }} as total_liabilities_yuan,
        {{ read_yuan('rd_expense_yuan') }} as rd_expense_yuan,
        {{ read_timestamp('filed_at') }} as filed_at,
        {{ read_timestamp('updated_at') }} as updated_at
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
