{{ config(tags=['monitor']) }}

with

district_sum as (

    select
        period,
        indicator_code,
        scope,
        breakdown,
        breakdown_value,
        sum(value) as value
    from {{ ref('int_monitoring__district_month') }}
    group by period, indicator_code, scope, breakdown, breakdown_value

)

select
    city.period,
    city.indicator_code,
    city.scope,
    city.breakdown,
    city.breakdown_value,
    city.value,
    district_sum.value as sum_of_districts
from {{ ref('int_monitoring__city_month') }} as city
inner join {{ ref('seed_indicator') }} as indicator on city.indicator_code = indicator.code
left join district_sum
    on
        city.period = district_sum.period
        and city.indicator_code = district_sum.indicator_code
        and city.scope = district_sum.scope
        and city.breakdown = district_sum.breakdown
        and city.breakdown_value = district_sum.breakdown_value
where indicator.additive and city.value is distinct from district_sum.value
