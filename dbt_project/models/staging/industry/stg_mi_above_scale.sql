with

delivered as (

    {{ delivered_rows(source('industry', 'mi_above_scale'), 'mi_above_scale') }}

),

accepted as (

    {{ accepted_rows('mi_above_scale') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['uscc']) }} as source_key,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_integer('list_year') }} as list_year,
        {{ read_text('sector') }} as sector,
        {{ read_text('industry_code') }} as industry_code,
        {{ read_text('district_code') }} as district_code
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
