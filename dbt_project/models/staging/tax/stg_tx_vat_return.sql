with

delivered as (

    {{ delivered_rows(source('tax', 'tx_vat_return'), 'tx_vat_return') }}

),

accepted as (

    {{ accepted_rows('tx_vat_return') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['taxpayer_no', 'period', 'version']) }} as source_key,
        {{ read_text('taxpayer_no') }} as taxpayer_no,
        {{ read_month('period') }} as period,
        {{ read_integer('version') }} as version,
        {{ read_text('filing_kind') }} as filing_kind,
        {{ read_yuan('sales_yuan') }} as sales_yuan,
        {{ read_yuan('export_sales_yuan') }} as export_sales_yuan,
        {{ read_yuan('tax_payable_yuan') }} as tax_payable_yuan,
        {{ read_timestamp('filed_at') }} as filed_at,
        {{ read_timestamp('updated_at') }} as updated_at
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
