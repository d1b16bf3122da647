{{ config(materialized='view') }}

with

assessed as (

    select * from {{ ref('int_tier__assessed') }}

),

enterprise_year as not materialized (

    select * from {{ ref('enterprise_year') }}

),

last_year as (

    select extract(year from {{ as_of() }})::bigint - 1 as year

),

final as (

    select
        assessed.enterprise_id,
        {%- for figure in tier_figures() %}
        {%- for back in range(3) %}
        y{{ back + 1 }}.{{ figure }} as {{ figure }}_y{{ back + 1 }},
        {%- endfor %}
        {%- endfor %}
        y1.rd_headcount as rd_headcount_y1
    from assessed
    cross join last_year
    {%- for back in range(3) %}
    left join enterprise_year as y{{ back + 1 }}
        on
            assessed.enterprise_id = y{{ back + 1 }}.enterprise_id
            and y{{ back + 1 }}.year = last_year.year - {{ back }}
    {%- endfor %}

)

select * from final
