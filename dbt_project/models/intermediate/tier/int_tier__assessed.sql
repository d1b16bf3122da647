with

enterprise as (

    select * from {{ ref('enterprise') }}

),

size_class as (

    select * from {{ ref('int_enterprise__size_class') }}

),

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

final as (

    select
        enterprise.enterprise_id,
        enterprise.district_code,
        enterprise.industry_section,
        enterprise.is_private,
        enterprise.established_on,
        size_class.is_large,
        size_class.size_class,
        size_class.headcount,
        size_class.headcount_dataset,
        registration.source_key as registration_key,
        registration.delivery_id as registration_delivery_id
    from enterprise
    inner join registration on enterprise.enterprise_id = registration.enterprise_id
    left join size_class on enterprise.enterprise_id = size_class.enterprise_id
    where
        enterprise.entity_category = '企业'
        and enterprise.status = '存续'
        and not enterprise.is_branch

)

select * from final
