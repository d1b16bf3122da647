with

delivered as (

    {{ delivered_rows(source('finance', 'fn_subsidy'), 'fn_subsidy') }}

),

accepted as (

    {{ accepted_rows('fn_subsidy') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['grant_no']) }} as source_key,
        {{ read_text('grant_no') }} as grant_no,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('policy_code') }} as policy_code,
        {{ read_text('policy_name') }} as policy_name,
        {{ read_text('fund_level') }} as fund_level,
        {{ read_wan('amount_wan', 'sheet') }} as amount_yuan,
        {{ read_date('paid_on', 'sheet') }} as paid_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
