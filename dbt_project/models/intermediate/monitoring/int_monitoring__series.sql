with

indicator as (

    select
        code as indicator_code,
        unnest(string_to_array(scopes, '|')) as scope
    from {{ ref('seed_indicator') }}

),

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

),

final as (

    select
        row_number() over (
            order by indicator.indicator_code, indicator.scope, part.breakdown, part.breakdown_value
        )::integer as series_no,
        indicator.indicator_code,
        indicator.scope,
        part.breakdown,
        part.breakdown_value
    from indicator
    inner join part on indicator.indicator_code = part.indicator_code

)

select * from final
