with

city_month as (

    select * from {{ ref('int_monitoring__city_month') }}

),

target as (

    select
        target_code,
        since,
        kind,
        indicator_code,
        scope,
        over_scope,
        coalesce(breakdown, '') as breakdown,
        coalesce(breakdown_value, '') as breakdown_value
    from {{ ref('seed_plan_target') }}
    where indicator_code is not null

),

indicator as (

    select * from {{ ref('seed_indicator') }}

),

-- Of titles a plan counts who newly holds one; the published stock loses those that expire.
newly_held as (

    select
        tier,
        date_trunc('month', valid_from)::date as month,
        count(*) as entries
    from {{ ref('int_monitoring__certificate_interval') }}
    where indicator_code = 'tier_holders'
    group by tier, date_trunc('month', valid_from)

),

final as (

    select
        target.target_code,
        month.month,
        indicator.kind as indicator_kind,
        figure.value,
        whole.value as over_value,
        case
            when target.kind = 'increase' and target.breakdown = 'tier' then (
                select coalesce(sum(newly_held.entries), 0) from newly_held
                where
                    newly_held.tier = target.breakdown_value
                    and newly_held.month between make_date(target.since, 1, 1) and month.month
            )
        end as newly_held
    from target
    inner join indicator on target.indicator_code = indicator.code
    cross join {{ ref('int_monitoring__month') }} as month
    left join city_month as figure
        on
            month.period = figure.period
            and target.indicator_code = figure.indicator_code
            and target.scope = figure.scope
            and target.breakdown = figure.breakdown
            and target.breakdown_value = figure.breakdown_value
    left join city_month as whole
        on
            month.period = whole.period
            and target.indicator_code = whole.indicator_code
            and target.over_scope = whole.scope
            and target.breakdown = whole.breakdown
            and target.breakdown_value = whole.breakdown_value

)

select * from final
