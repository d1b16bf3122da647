with

delivered as (

    {{ delivered_rows(source('market_supervision', 'ms_irregularity'), 'ms_irregularity') }}

),

accepted as (

    {{ accepted_rows('ms_irregularity') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['record_no']) }} as source_key,
        {{ read_text('record_no') }} as record_no,
        {{ read_text('entity_no') }} as entity_no,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('list_kind') }} as list_kind,
        {{ read_text('reason') }} as reason,
        {{ read_date('listed_on') }} as listed_on,
        {{ read_date('removed_on') }} as removed_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
