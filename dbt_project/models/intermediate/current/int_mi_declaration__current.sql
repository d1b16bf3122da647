with

stg_mi_declaration as (

    select * from {{ ref('stg_mi_declaration') }}

),

final as (

    select distinct on (uscc, declared_year) *
    from stg_mi_declaration
    order by uscc asc, declared_year asc, version desc

)

select * from final
