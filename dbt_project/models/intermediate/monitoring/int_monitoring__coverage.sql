with

indicator as (

    select
        code as indicator_code,
        basis,
        string_to_array(datasets, '|') as datasets,
        string_to_array(monthly_datasets, '|') as monthly_datasets
    from {{ ref('seed_indicator') }}

),

month as (

    select * from {{ ref('int_monitoring__month') }}

),

delivery as (

    select * from {{ source('ops', 'delivery') }}

),

missing as (

    select
        dataset,
        month
    from {{ ref('int_monitoring__due_delivery') }}
    where not is_covered
    union
    -- Outside the monthly datasets no date is due, but a refused delivery is known to be missing.
    select
        refused.dataset,
        date_trunc('month', refused.delivered_on)::date as month
    from delivery as refused
    where
        refused.state = 'rejected'
        and refused.dataset not in (select dataset from {{ ref('int_monitoring__due_delivery') }})
        and not exists (
            select 1 from delivery as good
            where
                good.dataset = refused.dataset
                and good.delivered_on = refused.delivered_on
                and good.state = 'accepted'
        )

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
        exists (
            select 1 from missing
            where missing.month = month.month and missing.dataset = any(indicator.datasets)
        ) as is_incomplete,
        -- Nothing delivered at all for an incomplete month: no value, where zero would be a claim.
        indicator.basis = 'month' and filled.month is null
        and exists (
            select 1 from missing
            where missing.month = month.month and missing.dataset = any(indicator.datasets)
        ) as is_empty
    from indicator
    cross join month
    left join filled
        on
            indicator.indicator_code = filled.indicator_code
            and month.month = filled.month

)

select * from final
