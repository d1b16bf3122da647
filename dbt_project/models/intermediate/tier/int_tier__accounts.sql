{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

enterprise_year as (

    select * from {{ ref('enterprise_year') }}

),

last_year as (

    select extract(year from {{ as_of() }})::bigint - 1 as year

),

final as (

    select
        enterprise_year.enterprise_id,
        {%- for figure in tier_figures() %}
        {%- for back in range(3) %}
        max(enterprise_year.{{ figure }}) filter (where enterprise_year.year = last_year.year - {{ back }})
            as {{ figure }}_y{{ back + 1 }},
        {%- endfor %}
        {%- endfor %}
        max(enterprise_year.rd_headcount) filter (where enterprise_year.year = last_year.year) as rd_headcount_y1
    from enterprise_year
    cross join last_year
    where enterprise_year.year between last_year.year - 2 and last_year.year
    group by enterprise_year.enterprise_id

)

select * from final
