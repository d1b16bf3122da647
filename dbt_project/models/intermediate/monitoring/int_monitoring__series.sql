with

indicator as (

    select
        code as indicator_code,
        unnest(string_to_array(scopes, '|')) as scope
    from {{ ref('seed_indicator') }}

),

-- Totals and tiers are published whether anything was delivered for them or not, other parts where there is anything.
part as (

    select
        code as indicator_code,
        '' as breakdown,
        '' as breakdown_value
    from {{ ref('seed_indicator') }}
    union all
    select
        indicator.code as indicator_code,
        breakdown_value.breakdown,
        breakdown_value.value as breakdown_value
    from {{ ref('seed_indicator') }} as indicator
    inner join {{ ref('seed_breakdown_value') }} as breakdown_value
        on breakdown_value.breakdown = any(string_to_array(indicator.breakdowns, '|'))
    where breakdown_value.breakdown = 'tier'

),

series as (

    select
        indicator.indicator_code,
        indicator.scope,
        part.breakdown,
        part.breakdown_value
    from indicator
    inner join part on indicator.indicator_code = part.indicator_code
    union
    select
        indicator_code,
        scope,
        breakdown,
        breakdown_value
    from {{ ref('int_monitoring__measure') }}

),

final as (

    select
        *,
        row_number() over (order by indicator_code, scope, breakdown, breakdown_value)::integer as series_no
    from series

)

select * from final
