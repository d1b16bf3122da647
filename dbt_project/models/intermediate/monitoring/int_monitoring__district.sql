with

final as (

    select
        code as district_code,
        name as district_name
    from {{ ref('seed_district') }}
    where code <> '370200'

)

select * from final
