{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

declaration as (

    select * from {{ ref('int_mi_declaration__current') }}

),

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}
    where dataset = 'mi_declaration'

),

-- two declarations of one enterprise for one year, under two codes: the later one
latest as (

    select distinct on (record_link.enterprise_id, declaration.declared_year)
        record_link.enterprise_id,
        declaration.*
    from declaration
    inner join record_link on declaration.source_key = record_link.source_key
    where declaration.declared_year between extract(year from {{ as_of() }}) - 1 and extract(year from {{ as_of() }})
    order by
        record_link.enterprise_id asc,
        declaration.declared_year asc,
        declaration.version desc,
        declaration.declared_on desc nulls last,
        declaration.delivery_id desc,
        declaration.row_no desc

),

this_year as (

    select * from latest
    where declared_year = extract(year from {{ as_of() }})

),

year_before as (

    select * from latest
    where declared_year < extract(year from {{ as_of() }})

),

final as (

    select
        coalesce(this_year.enterprise_id, year_before.enterprise_id) as enterprise_id,
        {%- for field in tier_declared() %}
        this_year.{{ field }},
        {%- endfor %}
        year_before.platform_score as platform_score_before,
        this_year.source_key as declaration_key,
        this_year.delivery_id as declaration_delivery_id,
        year_before.source_key as declaration_before_key,
        year_before.delivery_id as declaration_before_delivery_id
    from this_year
    full join year_before on this_year.enterprise_id = year_before.enterprise_id

)

select * from final
