with

measure as (

    select * from {{ ref('int_identity__cluster_measure') }}
    union all
    select * from {{ ref('int_identity__label_measure') }}

),

bound as (

    select * from {{ source('ops', 'linkage_bound') }}

),

-- what a person let through is let through at just this value
accepted as (

    select
        measure.key as metric,
        (measure.value #>> '{}')::numeric as judged
    from {{ source('ops', 'decision') }} as decision
    cross join jsonb_each(decision.detail -> 'measures') as measure (key, value)
    where
        decision.kind = 'exception'
        and decision.state = 'active'
        and decision.subject = 'linkage:' || {{ as_of() }}
    group by measure.key, measure.value

),

final as (

    select
        measure.metric,
        measure.value,
        measure.judged,
        bound.lowest,
        bound.highest,
        case
            when measure.judged is null or bound.metric is null then 'unbounded'
            when
                measure.judged >= coalesce(bound.lowest, '-infinity')
                and measure.judged <= coalesce(bound.highest, 'infinity')
                then 'within'
            when exists (
                select from accepted
                where accepted.metric = measure.metric and accepted.judged = measure.judged
            ) then 'accepted'
            else 'beyond'
        end as state,
        measure.detail
    from measure
    left join bound on measure.metric = bound.metric

)

select * from final
