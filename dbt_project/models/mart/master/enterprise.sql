{%- set said = survivorship()['attributes'] -%}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

unregistered as (

    select * from {{ ref('int_enterprise__unregistered') }}

),

status_span as (

    select * from {{ ref('int_enterprise__status_span') }}

),

former_name as (

    select * from {{ ref('int_enterprise__former_name') }}

),

scope as (

    select * from {{ ref('int_enterprise__scope') }}

),

size_class as (

    select * from {{ ref('int_enterprise__size_class') }}

),

district as (

    select * from {{ ref('seed_district') }}

),

enterprise_source as (

    select * from {{ ref('int_enterprise__source') }}

),

industry as (

    select * from {{ ref('seed_industry') }}

),

endings as (

    select
        enterprise_id,
        min(valid_from) as closed_on
    from status_span
    where status in ('注销', '吊销')
    group by enterprise_id

),

registered as (

    select
        registration.enterprise_id,
        {%- for attribute, rule in said.items() if attribute not in ('org_code', 'district_code') %}
        {{ registered_value(attribute, rule) }},
        {%- endfor %}
        substr(registration.uscc, 9, 9) as org_code,
        registration.today_district_code as district_code,
        coalesce(former_name.former_names, '{}') as former_names,
        scope.in_private as is_private,
        endings.closed_on,
        {{ capital_in_yuan('registration.registered_capital_yuan', 'registration.currency') }}
            as registered_capital_yuan,
        industry.section as industry_section,
        registration.is_branch,
        size_class.size_class,
        size_class.size_year,
        registration.delivered_on as told_on
    from registration
    inner join scope on registration.enterprise_id = scope.enterprise_id
    left join former_name on registration.enterprise_id = former_name.enterprise_id
    left join endings on registration.enterprise_id = endings.enterprise_id
    left join size_class on registration.enterprise_id = size_class.enterprise_id
    left join industry
        on industry.code = {{ industry_division('registration.industry_code') }}

),

-- what departments say of an enterprise that the register does not know
unregistered_enterprise as (

    select
        unregistered.enterprise_id,
        {%- for attribute, rule in said.items() if attribute not in ('org_code', 'district_code') %}
        {{ unregistered_value(attribute, rule) }},
        {%- endfor %}
        {{ unregistered_value('org_code', said['org_code']) }},
        {{ unregistered_value('district_code', said['district_code']) }},
        '{}'::text[] as former_names,
        false as is_private,
        null::date as closed_on,
        null::numeric as registered_capital_yuan,
        null::text as industry_section,
        false as is_branch,
        null::text as size_class,
        null::bigint as size_year,
        unregistered.first_delivered_on as told_on
    from unregistered

),

enterprise as (

    select * from registered
    union all
    select * from unregistered_enterprise

),

final as (

    select
        enterprise.enterprise_id,
        enterprise.uscc,
        enterprise.org_code,
        enterprise.name,
        enterprise.former_names,
        enterprise.entity_category,
        enterprise.reg_type_code,
        enterprise.holding_type,
        enterprise.is_private,
        enterprise.status,
        enterprise.established_on,
        enterprise.closed_on,
        {{ money('enterprise.registered_capital_yuan') }} as registered_capital_yuan,
        enterprise.district_code,
        district.name as district_name,
        enterprise.zone_code,
        enterprise.address,
        enterprise.industry_code,
        enterprise.industry_section,
        enterprise.is_branch,
        {{ money('enterprise.registered_capital_amount') }} as registered_capital_amount,
        enterprise.currency,
        enterprise.size_class,
        enterprise.size_year,
        enterprise_source.sources,
        enterprise.told_on
    from enterprise
    inner join enterprise_source on enterprise.enterprise_id = enterprise_source.enterprise_id
    left join district on enterprise.district_code = district.code

)

select * from final
order by enterprise_id
