with

delivered as (

    {{ delivered_rows(source('industry', 'mi_tier_holder'), 'mi_tier_holder') }}

),

accepted as (

    {{ accepted_rows('mi_tier_holder') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['cert_no']) }} as source_key,
        {{ read_text('cert_no') }} as cert_no,
        {{ read_text('tier') }} as tier,
        {{ read_text('enterprise_name') }} as enterprise_name,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('batch') }} as batch,
        {{ read_date('awarded_on') }} as awarded_on,
        {{ read_date('valid_until') }} as valid_until,
        {{ read_date('withdrawn_on') }} as withdrawn_on
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
