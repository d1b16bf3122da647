with

tier_holder as (

    select * from {{ ref('int_mi_tier_holder__current') }}

),

tech_register as (

    select * from {{ ref('int_mi_tech_register__current') }}

),

above_scale as (

    select * from {{ ref('stg_mi_above_scale') }}

),

list_delivery as (

    select * from {{ ref('int_monitoring__snapshot') }}
    where dataset = 'mi_above_scale'

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}

),

entry as (

    select
        'tier_holders' as indicator_code,
        'mi_tier_holder' as dataset,
        source_key,
        tier,
        awarded_on as valid_from,
        least(valid_until + 1, withdrawn_on, 'infinity') as valid_to
    from tier_holder
    union all
    select
        case register when '高新技术企业' then 'high_tech_enterprises' else 'tech_smes' end as indicator_code,
        'mi_tech_register' as dataset,
        source_key,
        '' as tier,
        issued_on as valid_from,
        coalesce(valid_until + 1, 'infinity') as valid_to
    from tech_register
    where register in ('高新技术企业', '科技型中小企业')
    union all
    select
        'above_scale_enterprises' as indicator_code,
        'mi_above_scale' as dataset,
        above_scale.source_key,
        '' as tier,
        list_delivery.delivered_on as valid_from,
        list_delivery.replaced_on as valid_to
    from above_scale
    inner join list_delivery on above_scale.delivery_id = list_delivery.delivery_id

),

final as (

    -- Two certificates of one kind make one holder: overlapping times are merged.
    select
        entry.indicator_code,
        entry.tier,
        record_link.enterprise_id,
        unnest(range_agg(daterange(entry.valid_from, entry.valid_to))) as held
    from entry
    inner join record_link
        on
            entry.dataset = record_link.dataset
            and entry.source_key = record_link.source_key
    where entry.valid_from < entry.valid_to
    group by entry.indicator_code, entry.tier, record_link.enterprise_id

)

select
    indicator_code,
    tier,
    enterprise_id,
    lower(held) as valid_from,
    upper(held) as valid_to
from final
