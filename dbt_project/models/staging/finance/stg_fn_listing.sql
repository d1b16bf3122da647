with

delivered as (

    {{ delivered_rows(source('finance', 'fn_listing'), 'fn_listing') }}

),

accepted as (

    {{ accepted_rows('fn_listing') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['listing_no']) }} as source_key,
        {{ read_text('listing_no') }} as listing_no,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('stage') }} as stage,
        {{ read_text('board') }} as board,
        {{ read_date('stage_on', 'sheet') }} as stage_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
