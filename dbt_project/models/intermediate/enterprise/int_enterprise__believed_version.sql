{%- set facets = history_facets() -%}

with

registration_version as (

    select * from {{ ref('int_enterprise__registration_version') }}

),

changing as (

    select enterprise_id
    from registration_version
    group by enterprise_id
    having count(*) > 1 or bool_or(status <> '存续')
    union
    -- reviewers changed it; their word is laid over later
    select enterprise_id from {{ ref('int_enterprise__override_belief') }}

),

version as (

    select
        registration_version.*,
        registration.established_on,
        {%- for told in facets.values() %}
        {%- for value in told['values'] if value != 'district_code' %}
        registration.{{ value }},
        {%- endfor %}
        {%- endfor %}
        {%- for facet, told in facets.items() %}
        -- compared only, which numbers are faster at than texts
        {{ hash_of(told['values'], 'registration_version' if facet == 'district' else 'registration') }} as {{ facet }},
        {%- endfor %}
        coalesce(registration_version.approved_on, registration_version.updated_on) as acted_on
    from registration_version
    inner join changing on registration_version.enterprise_id = changing.enterprise_id
    inner join {{ ref('stg_ms_registration') }} as registration
        on
            registration_version.delivery_id = registration.delivery_id
            and registration_version.row_no = registration.row_no

),

-- every day on which something new of the enterprise was delivered
known as (

    select
        enterprise_id,
        delivered_on as known_on
    from version
    union
    select
        version.enterprise_id,
        change_event.delivered_on as known_on
    from {{ ref('stg_ms_change_event') }} as change_event
    inner join version
        on
            change_event.entity_no = version.entity_no
            and change_event.delivered_on > version.delivered_on
    where change_event.change_item in ('登记机关', '住所', '名称', '企业类型', '注册资本')

),

final as (

    select
        known.known_on,
        version.*,
        lag(version.updated_on) over belief as believed_updated_on,
        lag(version.status) over belief as believed_status,
        lag(version.status_on) over belief as believed_status_on,
        {%- for facet in facets %}
        lag(version.{{ facet }}) over belief as believed_{{ facet }},
        {%- endfor %}
        known.known_on = version.delivered_on as is_new,
        lag(version.version_no) over belief is null as is_first,
        lead(version.version_no) over belief is null as is_last
    from known
    inner join version
        on
            known.enterprise_id = version.enterprise_id
            and known.known_on >= version.delivered_on
    window belief as (partition by known.enterprise_id, known.known_on order by version.version_no)

)

select * from final
