with

delivered as (

    {{ delivered_rows(source('tax', 'tx_taxpayer'), 'tx_taxpayer') }}

),

accepted as (

    {{ accepted_rows('tx_taxpayer') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['taxpayer_no']) }} as source_key,
        {{ read_text('taxpayer_no') }} as taxpayer_no,
        {{ read_text('taxpayer_id') }} as taxpayer_id,
        {{ read_text('taxpayer_name') }} as taxpayer_name,
        {{ read_text('taxpayer_status') }} as taxpayer_status,
        {{ read_text('taxpayer_kind') }} as taxpayer_kind,
        {{ read_date('registered_on') }} as registered_on,
        {{ read_date('cancelled_on') }} as cancelled_on,
        {{ read_text('district_code') }} as district_code,
        {{ read_text('industry_code') }} as industry_code,
        {{ read_text('address') }} as address,
        {{ read_timestamp('updated_at') }} as updated_at
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
