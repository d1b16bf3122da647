{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

tier_holder as (

    select * from {{ ref('int_mi_tier_holder__current') }}

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}
    where dataset = 'mi_tier_holder'

),

held as (

    select
        record_link.enterprise_id,
        tier_holder.tier
    from tier_holder
    inner join record_link on tier_holder.source_key = record_link.source_key
    where
        tier_holder.awarded_on <= {{ as_of() }}
        and coalesce(tier_holder.valid_until >= {{ as_of() }}, true)
        and coalesce(tier_holder.withdrawn_on > {{ as_of() }}, true)

),

final as (

    select
        enterprise_id,
        bool_or(tier = '创新型中小企业') as holds_innovative,
        bool_or(tier = '专精特新中小企业') as holds_specialised,
        bool_or(tier = '专精特新小巨人') as holds_little_giant,
        bool_or(tier = '制造业单项冠军') as holds_champion,
        array_agg(distinct tier order by tier) as tiers
    from held
    group by enterprise_id

)

select * from final
