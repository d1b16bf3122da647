with

delivered as (

    {{ delivered_rows(source('industry', 'mi_arrears'), 'mi_arrears') }}

),

accepted as (

    {{ accepted_rows('mi_arrears') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['complaint_no']) }} as source_key,
        {{ read_text('complaint_no') }} as complaint_no,
        {{ read_text('creditor_name') }} as creditor_name,
        {{ read_text('creditor_uscc') }} as creditor_uscc,
        {{ read_text('debtor_name') }} as debtor_name,
        {{ read_text('debtor_kind') }} as debtor_kind,
        {{ read_text('district_code') }} as district_code,
        {{ read_wan('amount_wan') }} as amount_yuan,
        {{ read_wan('paid_wan') }} as paid_yuan,
        {{ read_date('filed_on') }} as filed_on,
        {{ read_date('closed_on') }} as closed_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
