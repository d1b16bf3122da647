with

delivered as (

    {{ delivered_rows(source('tax', 'tx_credit_rating'), 'tx_credit_rating') }}

),

accepted as (

    {{ accepted_rows('tx_credit_rating') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['taxpayer_no', 'rating_year']) }} as source_key,
        {{ read_text('taxpayer_no') }} as taxpayer_no,
        {{ read_integer('rating_year') }} as rating_year,
        {{ read_text('grade') }} as grade,
        {{ read_timestamp('updated_at') }} as updated_at
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
