{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

{%- set fields = [
    'entity_no', 'uscc', 'reg_no', 'entity_name', 'former_names', 'entity_category', 'reg_type_code', 'holding_type',
    'legal_rep', 'established_on', 'approved_on', 'registered_capital_yuan', 'currency', 'reg_status', 'status_on',
    'district_code', 'zone_code', 'address', 'industry_code', 'business_scope', 'predecessor_entity_no', 'updated_at',
    'delivery_id', 'row_no', 'delivered_on', 'source_key'
] -%}

with

registration as (

    select * from {{ ref('int_ms_registration__current') }}

),

registered_entity as (

    select * from {{ ref('int_identity__registered_entity') }}

),

district_code as (

    select * from {{ ref('seed_district_code') }}

),

override as (

    {{ decided_values() }}

),

-- what a reviewer decided stands above what the register says
standing as (

    select
        {%- for field in fields %}
        {{ decided_field(field, 'registration', 'override.decided') }},
        {%- endfor %}
        registered_entity.enterprise_id
    from registration
    inner join registered_entity on registration.entity_no = registered_entity.entity_no
    left join override on registered_entity.enterprise_id = override.enterprise_id

),

final as (

    select
        standing.*,
        coalesce(district_code.today_code, '370299') as today_district_code,
        standing.entity_category = '企业'
        and coalesce({{ is_branch_name(name_key('standing.entity_name')) }}, false) as is_branch
    from standing
    left join district_code on standing.district_code = district_code.code

)

select * from final
