with

delivered as (

    {{ delivered_rows(source('hr', 'hr_stability_subsidy'), 'hr_stability_subsidy') }}

),

accepted as (

    {{ accepted_rows('hr_stability_subsidy') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['grant_no']) }} as source_key,
        {{ read_text('grant_no') }} as grant_no,
        {{ read_text('employer_no') }} as employer_no,
        {{ read_text('uscc') }} as uscc,
        {{ read_yuan('amount_yuan') }} as amount_yuan,
        {{ read_date('paid_on') }} as paid_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
