with

contribution as (

    select * from {{ ref('int_monitoring__month_contribution') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

district_span as (

    select * from {{ ref('int_enterprise__district_span') }}

),

attribute as (

    select * from {{ ref('int_monitoring__enterprise_attribute') }}

),

final as (

    select
        contribution.indicator_code,
        contribution.month,
        district_span.district_code,
        {{ monitoring_attributes('attribute') }},
        '' as tier,
        sum(contribution.amount) as amount,
        null::numeric as base
    from contribution
    inner join month on contribution.month = month.month
    inner join district_span
        on
            contribution.enterprise_id = district_span.enterprise_id
            and month.month_end >= district_span.valid_from
            and month.month_end < district_span.valid_to
    inner join attribute on contribution.enterprise_id = attribute.enterprise_id
    group by
        contribution.indicator_code, contribution.month, district_span.district_code,
        {{ monitoring_attributes('attribute') }}

)

select * from final
