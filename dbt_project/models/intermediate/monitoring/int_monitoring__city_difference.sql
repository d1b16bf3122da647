with

statistic as (

    select * from {{ ref('int_st_district_indicator__current') }}

),

district_sum as (

    select
        indicator_code,
        month,
        sum(amount) as amount
    from {{ ref('int_monitoring__statistic_fact') }}
    group by indicator_code, month

),

final as (

    select
        statistic.indicator_code,
        to_char(statistic.period, 'YYYY-MM') as period,
        statistic.value as delivered_value,
        district_sum.amount as sum_of_districts,
        statistic.value - coalesce(district_sum.amount, 0) as difference,
        statistic.delivery_id,
        statistic.row_no
    from statistic
    inner join {{ ref('int_monitoring__month') }} as month on statistic.period = month.month
    inner join {{ ref('seed_indicator') }} as indicator on statistic.indicator_code = indicator.code
    left join district_sum
        on
            statistic.indicator_code = district_sum.indicator_code
            and statistic.period = district_sum.month
    where
        statistic.district_code = '370200'
        and statistic.value is distinct from coalesce(district_sum.amount, 0)

)

select * from final
