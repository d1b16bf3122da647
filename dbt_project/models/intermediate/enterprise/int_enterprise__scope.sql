{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

provisional_party as (

    select * from {{ ref('int_identity__provisional_party') }}

),

facts as (

    select
        enterprise_id,
        holding_type,
        {{ is_private('entity_category', 'holding_type', 'reg_type_code') }} as in_private,
        entity_category in ('个体工商户', '农民专业合作社') as is_household_or_cooperative,
        coalesce(reg_type_code in ('171', '172', '173', '174'), false) as is_private_type
    from registration

),

-- holding decides; the registration type only where no holding is recorded
final as (

    select
        enterprise_id,
        in_private,
        is_household_or_cooperative
        or coalesce(holding_type not in ('国有控股', '港澳台商控股', '外商控股'), is_private_type) as in_no_state_no_foreign,
        is_household_or_cooperative or is_private_type as in_registration_type
    from facts
    union all
    select distinct
        enterprise_id,
        false as in_private,
        false as in_no_state_no_foreign,
        false as in_registration_type
    from provisional_party

)

select * from final
