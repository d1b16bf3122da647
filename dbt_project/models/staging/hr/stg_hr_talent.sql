with

delivered as (

    {{ delivered_rows(source('hr', 'hr_talent'), 'hr_talent') }}

),

accepted as (

    {{ accepted_rows('hr_talent') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['employer_no', 'as_of_year', 'version']) }} as source_key,
        {{ read_text('employer_no') }} as employer_no,
        {{ read_text('employer_name') }} as employer_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_integer('as_of_year') }} as as_of_year,
        {{ read_integer('version') }} as version,
        {{ read_integer('rd_headcount') }} as rd_headcount,
        {{ read_integer('senior_title_headcount') }} as senior_title_headcount,
        {{ read_integer('high_level_talent_headcount') }} as high_level_talent_headcount
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
