with

enterprise as (

    select * from {{ ref('enterprise') }}

),

scope as (

    select * from {{ ref('int_enterprise__scope') }}

),

section as (

    select * from {{ ref('seed_breakdown_value') }}
    where breakdown = 'industry_section'

),

final as (

    select
        enterprise.enterprise_id,
        enterprise.entity_category,
        coalesce(section.value, '未分类') as industry_section,
        coalesce(enterprise.size_class, '未分类') as size_class,
        coalesce(enterprise.zone_code, '未分类') as zone,
        enterprise.status <> '未登记' as is_registered,
        scope.in_private,
        scope.in_no_state_no_foreign,
        scope.in_registration_type
    from enterprise
    inner join scope on enterprise.enterprise_id = scope.enterprise_id
    left join section on enterprise.industry_section = section.value

)

select * from final
