with

target as (

    select * from {{ ref('seed_plan_target') }}

),

newest as (

    select distinct on (target_code) *
    from {{ ref('int_monitoring__plan_standing') }}
    order by target_code asc, month desc

),

final as (

    select
        target.target_code,
        target.plan,
        target.name,
        target.name_en,
        target.since,
        target.year,
        target.target,
        target.unit,
        target.comparator,
        target.kind,
        newest.period,
        newest.actual,
        newest.progress,
        newest.pace_needed,
        {{ as_of() }} as as_of,
        coalesce(newest.status, case when target.indicator_code is null then 'not_measured' else 'no_data' end)
            as status,
        target.needs,
        target.caveat,
        target.quote
    from target
    left join newest on target.target_code = newest.target_code

)

select * from final
