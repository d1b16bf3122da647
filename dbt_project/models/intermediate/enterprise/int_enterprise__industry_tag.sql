{{ config(indexes=[{'columns': ['enterprise_id', 'system', 'tag'], 'unique': true}]) }}

with

registration as (

    select * from {{ ref('int_enterprise__registration') }}

),

industry_tag as (

    select * from {{ ref('seed_industry_tag') }}
    where valid_from <= {{ as_of() }} and coalesce(valid_to > {{ as_of() }}, true)

),

-- of one tag the longest prefix of a class counts
classes as (

    select distinct on (codes.industry_code, industry_tag.system, industry_tag.tag)
        codes.industry_code,
        industry_tag.system,
        industry_tag.tag,
        industry_tag.tag_name,
        industry_tag.certainty
    from (select distinct industry_code from registration) as codes
    inner join industry_tag on starts_with(codes.industry_code, industry_tag.code_prefix)
    order by codes.industry_code, industry_tag.system, industry_tag.tag, length(industry_tag.code_prefix) desc

),

final as (

    select
        registration.enterprise_id,
        classes.system,
        classes.tag,
        classes.tag_name,
        classes.certainty
    from registration
    inner join classes on registration.industry_code = classes.industry_code

)

select * from final
