with

piece as (

    select * from {{ ref('int_monitoring__held_piece') }}

),

attribute as (

    select * from {{ ref('int_monitoring__enterprise_attribute') }}

),

series as (

    select
        min(month) as first_month,
        min(month_end) as first_month_end,
        max(month_end) as last_month_end
    from {{ ref('int_monitoring__month') }}

),

change as (

    -- What was held before the series enters in its first month; what ended before was never seen at a month end.
    select
        piece.*,
        date_trunc('month', greatest(piece.valid_from, series.first_month))::date as month,
        1 as direction
    from piece
    inner join series on piece.valid_from <= series.last_month_end and piece.valid_to > series.first_month_end
    union all
    select
        piece.*,
        date_trunc('month', piece.valid_to)::date as month,
        -1 as direction
    from piece
    inner join series on piece.valid_to <= series.last_month_end and piece.valid_to > series.first_month_end

),

counted as (

    select
        change.indicator_code,
        change.month,
        change.district_code,
        {{ monitoring_attributes('attribute') }},
        attribute.entity_category,
        change.tier,
        sum(change.amount * change.direction) as amount,
        sum(change.base * change.direction) as base
    from change
    inner join attribute on change.enterprise_id = attribute.enterprise_id
    group by
        change.indicator_code, change.month, change.district_code, {{ monitoring_attributes('attribute') }},
        attribute.entity_category, change.tier

),

final as (

    select * from counted
    union all
    select
        case entity_category when '企业' then 'enterprises' else 'individual_businesses' end as indicator_code,
        month,
        district_code,
        {{ monitoring_attributes() }},
        entity_category,
        tier,
        amount,
        base
    from counted
    where indicator_code = 'market_entities' and entity_category in ('企业', '个体工商户')

)

select
    indicator_code,
    month,
    district_code,
    {{ monitoring_attributes() }},
    tier,
    amount,
    base
from final
