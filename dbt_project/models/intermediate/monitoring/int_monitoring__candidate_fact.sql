-- depends_on: {{ source('tiers', 'tier_pool') }}
with

assessed_month as (

    select * from {{ ref('int_monitoring__assessed_month') }}

),

pool as (

    {% if relation_exists('mart', 'tier_pool') -%}
    select
        enterprise_id,
        tier,
        since,
        until
    from {{ source('tiers', 'tier_pool') }}
    where readiness = 'ready'
    {%- else -%}
    select
        null::text as enterprise_id,
        null::text as tier,
        null::date as since,
        null::date as until
    {%- endif %}

),

district_span as (

    select * from {{ ref('int_enterprise__district_span') }}

),

attribute as (

    select * from {{ ref('int_monitoring__enterprise_attribute') }}

),

final as (

    select
        'tier_candidates' as indicator_code,
        assessed_month.month,
        district_span.district_code,
        {{ monitoring_attributes('attribute') }},
        pool.tier,
        count(*) as amount
    from assessed_month
    inner join pool
        on assessed_month.as_of >= pool.since and (pool.until is null or assessed_month.as_of < pool.until)
    inner join district_span
        on
            pool.enterprise_id = district_span.enterprise_id
            and assessed_month.month_end >= district_span.valid_from
            and assessed_month.month_end < district_span.valid_to
    inner join attribute on pool.enterprise_id = attribute.enterprise_id
    group by assessed_month.month, district_span.district_code, {{ monitoring_attributes('attribute') }}, pool.tier

)

select * from final
