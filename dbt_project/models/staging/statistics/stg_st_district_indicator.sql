with

delivered as (

    {{ delivered_rows(source('statistics', 'st_district_indicator'), 'st_district_indicator') }}

),

accepted as (

    {{ accepted_rows('st_district_indicator') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['district_code', 'period', 'indicator_code', 'version']) }} as source_key,
        {{ read_text('district_code') }} as district_code,
        {{ read_month('period') }} as period,
        {{ read_text('indicator_code') }} as indicator_code,
        {{ read_integer('version') }} as version,
        {{ read_decimal('value') }} as value
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
