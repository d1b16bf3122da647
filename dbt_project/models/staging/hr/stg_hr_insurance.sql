with

delivered as (

    {{ delivered_rows(source('hr', 'hr_insurance'), 'hr_insurance') }}

),

accepted as (

    {{ accepted_rows('hr_insurance') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['employer_no', 'month', 'version']) }} as source_key,
        {{ read_text('employer_no') }} as employer_no,
        {{ read_text('employer_name') }} as employer_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('district_code') }} as district_code,
        {{ read_month('month') }} as month,
        {{ read_integer('version') }} as version,
        {{ read_integer('insured_headcount') }} as insured_headcount,
        {{ read_integer('new_hires') }} as new_hires,
        {{ read_integer('departures') }} as departures
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
