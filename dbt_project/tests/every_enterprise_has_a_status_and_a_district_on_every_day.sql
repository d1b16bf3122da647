with

spans as (

    select
        'status' as span,
        enterprise_id,
        valid_from,
        valid_to
    from {{ ref('int_enterprise__status_span') }}
    union all
    select
        'district' as span,
        enterprise_id,
        valid_from,
        valid_to
    from {{ ref('int_enterprise__district_span') }}

),

-- neighbours that touch: then the first and the last day and the count of inner ends say that there is no gap
touching as (

    select
        span,
        enterprise_id,
        valid_from,
        valid_to,
        lead(valid_from, 1, 'infinity'::date) over (partition by span, enterprise_id order by valid_from) as next_from
    from spans

)

select
    enterprise.enterprise_id,
    kinds.span
from {{ ref('enterprise') }} as enterprise
cross join (values ('status'), ('district')) as kinds (span)
left join touching
    on
        enterprise.enterprise_id = touching.enterprise_id
        and kinds.span = touching.span
group by enterprise.enterprise_id, kinds.span
having
    min(touching.valid_from) is distinct from '-infinity'::date
    or bool_or(touching.valid_to <> touching.next_from)
    or bool_or(touching.valid_from >= touching.valid_to)
