with

statistic as (

    select * from {{ ref('int_st_district_indicator__current') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

district_code as (

    select * from {{ ref('seed_district_code') }}

),

district as (

    select * from {{ ref('int_monitoring__district') }}

),

indicator as (

    select * from {{ ref('seed_indicator') }}

),

final as (

    -- The delivered city figure is compared with the sum (int_monitoring__city_difference), never published.
    select
        statistic.indicator_code,
        statistic.period as month,
        coalesce(district.district_code, '370299') as district_code,
        sum(statistic.value) as amount
    from statistic
    inner join indicator on statistic.indicator_code = indicator.code
    inner join month on statistic.period = month.month
    left join district_code on statistic.district_code = district_code.code
    left join district on district_code.today_code = district.district_code
    where statistic.district_code <> '370200' and statistic.value is not null
    group by statistic.indicator_code, statistic.period, coalesce(district.district_code, '370299')

)

select * from final
