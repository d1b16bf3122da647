with

delivered as (

    {{ delivered_rows(source('finance', 'fn_loan'), 'fn_loan') }}

),

accepted as (

    {{ accepted_rows('fn_loan') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['loan_no']) }} as source_key,
        {{ read_text('loan_no') }} as loan_no,
        {{ read_text('borrower_name') }} as borrower_name,
        {{ read_text('borrower_uscc') }} as borrower_uscc,
        {{ read_text('bank') }} as bank,
        {{ read_text('loan_kind') }} as loan_kind,
        {{ read_flag('is_first_loan') }} as is_first_loan,
        {{ read_wan('amount_wan', 'sheet') }} as amount_yuan,
        {{ read_wan('balance_wan', 'sheet') }} as balance_yuan,
        {{ read_decimal('annual_rate_pct', 'sheet') }} as annual_rate_pct,
        {{ read_date('starts_on', 'sheet') }} as starts_on,
        {{ read_date('due_on', 'sheet') }} as due_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
