with

fact as (

    select * from {{ ref('int_monitoring__fact') }}

),

indicator as (

    select
        code,
        string_to_array(scopes, '|') as scopes,
        string_to_array(breakdowns, '|') as breakdowns
    from {{ ref('seed_indicator') }}

),

final as (

    select
        fact.indicator_code,
        cut.scope,
        part.breakdown,
        part.breakdown_value,
        fact.month,
        fact.district_code,
        sum(fact.amount) as amount,
        sum(fact.base) as base
    from fact
    inner join indicator on fact.indicator_code = indicator.code
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
    where
        cut.holds
        and cut.scope = any(indicator.scopes)
        and (part.breakdown = '' or part.breakdown = any(indicator.breakdowns))
    group by
        fact.indicator_code, cut.scope, part.breakdown, part.breakdown_value, fact.month, fact.district_code

)

select * from final
