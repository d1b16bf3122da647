{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

{#- Datasets whose records name an enterprise -> the group of inputs they are evidence for. -#}
{%- set by_record = {
    'fn_equity': 'equity', 'fn_listing': 'listing', 'ms_irregularity': 'irregularity', 'ms_ip_right': 'ip_right',
    'mi_tier_holder': 'tier_holder', 'mi_tech_register': 'tech_register'
} -%}

with

assessed as not materialized (

    select * from {{ ref('int_tier__assessed') }}

),

record_link as not materialized (

    select * from {{ ref('int_enterprise__record_link') }}

),

witness as (

    select * from {{ ref('int_tier__figure_source') }}
    {%- for dataset, grouped in by_record.items() %}
    union all
    select
        record_link.enterprise_id,
        '{{ grouped }}' as grouped,
        '{{ dataset }}' as dataset,
        record.source_key,
        record.delivery_id
    from {{ ref('int_' ~ dataset ~ '__current') }} as record
    inner join record_link on record.source_key = record_link.source_key and record_link.dataset = '{{ dataset }}'
    {%- endfor %}
    union all
    select
        enterprise_id,
        'declaration' as grouped,
        'mi_declaration' as dataset,
        declaration_key as source_key,
        declaration_delivery_id as delivery_id
    from {{ ref('int_tier__declared') }}
    where declaration_key is not null
    union all
    select
        enterprise_id,
        'declaration_before' as grouped,
        'mi_declaration' as dataset,
        declaration_before_key as source_key,
        declaration_before_delivery_id as delivery_id
    from {{ ref('int_tier__declared') }}
    where declaration_before_key is not null
    union all
    select
        enterprise_id,
        'registration' as grouped,
        'ms_registration' as dataset,
        registration_key as source_key,
        registration_delivery_id as delivery_id
    from assessed

),

final as (

    -- one text per row, what it is evidence for first: a million enterprises have three million of them
    select
        enterprise_id,
        array_agg(witness order by witness) as witnesses
    from (
        select
            enterprise_id,
            grouped || '|' || dataset || '|' || delivery_id || '|' || source_key as witness
        from witness
        where enterprise_id in (select assessed.enterprise_id from assessed)
    ) as told
    group by enterprise_id

)

select * from final
