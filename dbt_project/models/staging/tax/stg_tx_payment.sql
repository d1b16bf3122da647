with

delivered as (

    {{ delivered_rows(source('tax', 'tx_payment'), 'tx_payment') }}

),

accepted as (

    {{ accepted_rows('tx_payment') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['voucher_no', 'version']) }} as source_key,
        {{ read_text('voucher_no') }} as voucher_no,
        {{ read_integer('version') }} as version,
        {{ read_text('taxpayer_no') }} as taxpayer_no,
        {{ read_month('paid_month') }} as paid_month,
        {{ read_text('tax_kind') }} as tax_kind,
        {{ read_yuan('amount_yuan') }} as amount_yuan,
        {{ read_timestamp('updated_at') }} as updated_at
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
