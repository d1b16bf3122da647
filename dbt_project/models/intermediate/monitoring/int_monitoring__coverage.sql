with

indicator as (

    select
        code as indicator_code,
        basis,
        string_to_array(datasets, '|') as datasets
    from {{ ref('seed_indicator') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

delivery as (

    select * from {{ source('ops', 'delivery') }}

),

due as (

    select * from {{ ref('int_monitoring__due_delivery') }}

),

missing as (

    select
        dataset,
        month
    from due
    where not is_covered
    union
    -- Outside the monthly datasets no date is due, but a refused delivery is known to be missing.
    select
        refused.dataset,
        date_trunc('month', refused.delivered_on)::date as month
    from {{ ref('int_monitoring__refused') }} as refused
    left join due on refused.dataset = due.dataset
    left join delivery as good
        on
            refused.dataset = good.dataset
            and refused.delivered_on = good.delivered_on
            and good.state = 'accepted'
            and good.built_at is not null
    where
        due.dataset is null
        and good.delivery_id is null

),

incomplete as (

    select distinct
        indicator.indicator_code,
        missing.month
    from indicator
    inner join missing on missing.dataset = any(indicator.datasets)

),

unassessed as (

    select month from {{ ref('int_monitoring__month') }}
    except
    select month from {{ ref('int_monitoring__assessed_month') }}

),

filled as (

    select distinct
        indicator_code,
        month
    from {{ ref('int_monitoring__fact') }}

),

final as (

    select
        indicator.indicator_code,
        month.month,
        incomplete.month is not null as is_incomplete,
        -- Nothing delivered at all for an incomplete month, or nothing assessed: no value, where zero would be a claim.
        case
            when indicator.indicator_code = 'tier_candidates' then unassessed.month is not null
            else incomplete.month is not null and filled.month is null and indicator.basis = 'month'
        end as is_empty
    from indicator
    cross join month
    left join incomplete
        on
            indicator.indicator_code = incomplete.indicator_code
            and month.month = incomplete.month
    left join unassessed on month.month = unassessed.month
    left join filled
        on
            indicator.indicator_code = filled.indicator_code
            and month.month = filled.month

)

select * from final
