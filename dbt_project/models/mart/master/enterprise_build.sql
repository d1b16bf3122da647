-- depends_on: {{ ref('enterprise') }}
-- depends_on: {{ ref('enterprise_year') }}
-- depends_on: {{ ref('enterprise_month') }}
-- depends_on: {{ ref('enterprise_transition') }}
-- depends_on: {{ ref('enterprise_history') }}
-- depends_on: {{ ref('enterprise_provenance') }}
-- depends_on: {{ ref('enterprise_change') }}

with

decision as (

    select decision_id from {{ ref('int_identity__decision_end') }}
    where ended is null

),

final as (

    select
        {{ as_of() }} as as_of,
        coalesce(array_agg(decision_id order by decision_id), '{}') as decisions
    from decision

)

select * from final
