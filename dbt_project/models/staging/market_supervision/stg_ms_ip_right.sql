with

delivered as (

    {{ delivered_rows(source('market_supervision', 'ms_ip_right'), 'ms_ip_right') }}

),

accepted as (

    {{ accepted_rows('ms_ip_right') }}

),

final as (

    select
        accepted.delivery_id,
        accepted.row_no,
        accepted.delivered_on,
        {{ source_key(['ip_no']) }} as source_key,
        {{ read_text('ip_no') }} as ip_no,
        {{ read_text('ip_kind') }} as ip_kind,
        {{ read_text('title') }} as title,
        {{ read_text('owner_name') }} as owner_name,
        {{ read_text('owner_uscc') }} as owner_uscc,
        {{ read_integer('owner_rank') }} as owner_rank,
        {{ read_date('applied_on') }} as applied_on,
        {{ read_date('granted_on') }} as granted_on,
        {{ read_text('acquired_by') }} as acquired_by,
        {{ read_date('acquired_on') }} as acquired_on,
        {{ read_flag('overseas_family') }} as overseas_family,
        {{ read_text('legal_status') }} as legal_status
    from delivered
    inner join accepted
        on
            delivered.delivery_id = accepted.delivery_id
            and delivered.row_no = accepted.row_no

)

select * from final
