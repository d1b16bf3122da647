{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

entry as (

    select
        *,
        years_back between 1 and 3 as in_3y,
        years_back between 1 and 5 as in_5y
    from {{ ref('int_tier__register_entry') }}

),

-- a certificate that may suffice and may not (its level or rank is missing) leaves the answer open
final as (

    select
        {%- for name, condition in tier_entries().items() %}
        {{ any_known(condition) }} as {{ name }},
        {%- endfor %}
        enterprise_id
    from entry
    group by enterprise_id

)

select * from final
