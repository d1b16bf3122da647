with

delivered as (

    {{ delivered_rows(source('market_supervision', 'ms_registration'), 'ms_registration') }}

),

accepted as (

    {{ accepted_rows('ms_registration') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['entity_no']) }} as source_key,
        {{ read_text('entity_no') }} as entity_no,
        {{ read_text('uscc') }} as uscc,
        {{ read_text('reg_no') }} as reg_no,
        {{ read_text('entity_name') }} as entity_name,
        {{ read_text('former_names') }} as former_names,
        {{ read_text('entity_category') }} as entity_category,
        {{ read_text('reg_type_code') }} as reg_type_code,
        {{ read_text('holding_type') }} as holding_type,
        {{ read_text('legal_rep') }} as legal_rep,
        {{ read_date('established_on') }} as established_on,
        {{ read_date('approved_on') }} as approved_on,
        {{ read_wan('registered_capital_wan') }} as registered_capital_yuan,
        {{ read_text('currency') }} as currency,
        {{ read_text('reg_status') }} as reg_status,
        {{ read_date('status_on') }} as status_on,
        {{ read_text('district_code') }} as district_code,
        {{ read_text('zone_code') }} as zone_code,
        {{ read_text('address') }} as address,
        {{ read_text('industry_code') }} as industry_code,
        {{ read_text('business_scope') }} as business_scope,
        {{ read_text('predecessor_entity_no') }} as predecessor_entity_no,
        {{ read_timestamp('updated_at') }} as updated_at
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
