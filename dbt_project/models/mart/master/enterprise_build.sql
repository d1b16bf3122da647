-- depends_on: {{ ref('enterprise') }}
-- depends_on: {{ ref('enterprise_year') }}
-- depends_on: {{ ref('enterprise_month') }}

with

final as (

    select {{ as_of() }} as as_of

)

select * from final
