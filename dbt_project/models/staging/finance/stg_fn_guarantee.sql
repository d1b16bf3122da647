with

delivered as (

    {{ delivered_rows(source('finance', 'fn_guarantee'), 'fn_guarantee') }}

),

accepted as (

    {{ accepted_rows('fn_guarantee') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['guarantee_no']) }} as source_key,
        {{ read_text('guarantee_no') }} as guarantee_no,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('guarantor') }} as guarantor,
        {{ read_wan('amount_wan', 'sheet') }} as amount_yuan,
        {{ read_date('signed_on', 'sheet') }} as signed_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
