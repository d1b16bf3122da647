with

tier_holder as (

    select * from {{ ref('int_mi_tier_holder__current') }}

),

tech_register as (

    select * from {{ ref('int_mi_tech_register__current') }}
    where register in ('科技型中小企业', '高新技术企业')

),

record_link as not materialized (

    select * from {{ ref('int_enterprise__record_link') }}

),

-- valid on the last day, withdrawn from the day of the withdrawal on
title as (

    select
        record_link.enterprise_id,
        tier_holder.tier,
        tier_holder.cert_no,
        tier_holder.awarded_on,
        least(tier_holder.valid_until, tier_holder.withdrawn_on - 1) as last_day
    from tier_holder
    inner join record_link
        on tier_holder.source_key = record_link.source_key and record_link.dataset = 'mi_tier_holder'

),

registered as (

    select
        record_link.enterprise_id,
        tech_register.register as tier,
        tech_register.cert_no,
        tech_register.issued_on as awarded_on,
        tech_register.valid_until as last_day
    from tech_register
    inner join record_link
        on tech_register.source_key = record_link.source_key and record_link.dataset = 'mi_tech_register'

),

final as (

    select * from title
    union all
    select * from registered

)

select * from final
