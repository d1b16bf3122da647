-- depends_on: {{ ref('enterprise') }}
-- depends_on: {{ ref('enterprise_year') }}
-- depends_on: {{ ref('enterprise_month') }}
-- depends_on: {{ ref('enterprise_transition') }}

with

final as (

    select {{ as_of() }} as as_of

)

select * from final
