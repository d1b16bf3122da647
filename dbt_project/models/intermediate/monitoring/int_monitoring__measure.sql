with

fact as (

    select * from {{ ref('int_monitoring__fact') }}

),

series as (

    select * from {{ ref('int_monitoring__series') }}

),

final as (

    select
        series.series_no,
        fact.month,
        fact.district_code,
        sum(fact.amount) as amount,
        sum(fact.base) as base
    from fact
    cross join
        lateral (
            values
            ('all', true),
            ('private', fact.in_private),
            ('no_state_no_foreign', fact.in_no_state_no_foreign),
            ('registration_type', fact.in_registration_type)
        ) as cut (scope, holds)
    cross join
        lateral (
            values
            ('', ''),
            ('industry_section', fact.industry_section),
            ('tier', fact.tier)
        ) as part (breakdown, breakdown_value)
    inner join series
        on
            fact.indicator_code = series.indicator_code
            and cut.scope = series.scope
            and part.breakdown = series.breakdown
            and part.breakdown_value = series.breakdown_value
    where cut.holds
    group by series.series_no, fact.month, fact.district_code

)

select * from final
