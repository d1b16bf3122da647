with

delivered as (

    {{ delivered_rows(source('market_supervision', 'ms_change_event'), 'ms_change_event') }}

),

accepted as (

    {{ accepted_rows('ms_change_event') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['change_no']) }} as source_key,
        {{ read_text('change_no') }} as change_no,
        {{ read_text('entity_no') }} as entity_no,
        {{ read_text('change_item') }} as change_item,
        {{ read_text('value_before') }} as value_before,
        {{ read_text('value_after') }} as value_after,
        {{ read_date('changed_on') }} as changed_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
