with

delivered as (

    {{ delivered_rows(source('finance', 'fn_equity'), 'fn_equity') }}

),

accepted as (

    {{ accepted_rows('fn_equity') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['deal_no']) }} as source_key,
        {{ read_text('deal_no') }} as deal_no,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('round') }} as round,
        {{ read_flag('is_qualified_investor') }} as is_qualified_investor,
        {{ read_wan('paid_in_wan', 'sheet') }} as paid_in_yuan,
        {{ read_wan('post_valuation_wan', 'sheet') }} as post_valuation_yuan,
        {{ read_date('paid_on', 'sheet') }} as paid_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
