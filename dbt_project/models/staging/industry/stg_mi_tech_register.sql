with

delivered as (

    {{ delivered_rows(source('industry', 'mi_tech_register'), 'mi_tech_register') }}

),

accepted as (

    {{ accepted_rows('mi_tech_register') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['cert_no']) }} as source_key,
        {{ read_text('cert_no') }} as cert_no,
        {{ read_text('register') }} as register,
        {{ read_text('level') }} as level,
        {{ read_integer('rank') }} as rank,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_date('issued_on') }} as issued_on,
        {{ read_date('valid_until') }} as valid_until
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
