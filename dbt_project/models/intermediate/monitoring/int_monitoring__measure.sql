with

fact as (

    select * from {{ ref('int_monitoring__fact') }}

),

indicator as (

    select * from {{ ref('seed_indicator') }}

),

-- Each breakdown by itself, in one pass over the facts.
part as (

    select
        fact.indicator_code,
        fact.month,
        fact.district_code,
        fact.in_private,
        fact.in_no_state_no_foreign,
        fact.in_registration_type,
        case
            when grouping(fact.industry_section) = 0 then 'industry_section'
            when grouping(fact.size_class) = 0 then 'size_class'
            when grouping(fact.zone) = 0 then 'zone'
            when grouping(fact.tier) = 0 then 'tier'
            else ''
        end as breakdown,
        coalesce(fact.industry_section, fact.size_class, fact.zone, fact.tier, '') as breakdown_value,
        sum(fact.amount) as amount,
        sum(fact.base) as base
    from fact
    group by
        fact.indicator_code, fact.month, fact.district_code,
        fact.in_private, fact.in_no_state_no_foreign, fact.in_registration_type,
        grouping sets ((), (fact.industry_section), (fact.size_class), (fact.zone), (fact.tier))

),

final as (

    select
        part.indicator_code,
        cut.scope,
        part.breakdown,
        part.breakdown_value,
        part.month,
        part.district_code,
        sum(part.amount) as amount,
        sum(part.base) as base
    from part
    inner join indicator on part.indicator_code = indicator.code
    cross join
        lateral (
            values
            ('all', true),
            ('private', part.in_private),
            ('no_state_no_foreign', part.in_no_state_no_foreign),
            ('registration_type', part.in_registration_type)
        ) as cut (scope, holds)
    where
        cut.holds
        and cut.scope = any(string_to_array(indicator.scopes, '|'))
        and (
            part.breakdown = ''
            or (
                part.breakdown = any(string_to_array(indicator.breakdowns, '|'))
                and cut.scope = any(string_to_array(indicator.breakdown_scopes, '|'))
            )
        )
    group by
        part.indicator_code, cut.scope, part.breakdown, part.breakdown_value, part.month, part.district_code

)

select * from final
