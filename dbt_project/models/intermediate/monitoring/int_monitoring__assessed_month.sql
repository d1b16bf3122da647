-- depends_on: {{ source('tiers', 'tier_run') }}
with

month as (

    select * from {{ ref('int_monitoring__month') }}

),

-- Whether tiers were ever assessed is not known before they were: the tables come with the first assessment.
assessment as (

    {% if relation_exists('mart', 'tier_run') -%}
    select as_of from {{ source('tiers', 'tier_run') }}
    where as_of <= {{ as_of() }}
    {%- else -%}
    select null::date as as_of
    {%- endif %}

),

final as (

    select
        month.month,
        month.month_end,
        max(assessment.as_of) as as_of
    from month
    inner join assessment
        on date_trunc('month', assessment.as_of) = month.month + interval '1 month'
    group by month.month, month.month_end

)

select * from final
