{{ config(indexes=[{'columns': ['enterprise_id'], 'unique': true}]) }}

with

record_link as (

    select * from {{ ref('int_enterprise__record_link') }}

),

fact as (

    select
        'fn_listing' as dataset,
        source_key,
        'listed' as kind
    from {{ ref('int_fn_listing__current') }}
    where stage = '上市' and coalesce(stage_on <= {{ as_of() }}, true)
    union all
    select
        'ms_irregularity' as dataset,
        source_key,
        'blacklisted' as kind
    from {{ ref('int_ms_irregularity__current') }}
    where
        list_kind in ('经营异常名录', '严重违法失信名单')
        and listed_on <= {{ as_of() }}
        and coalesce(removed_on > {{ as_of() }}, true)
    union all
    select
        'ms_ip_right' as dataset,
        source_key,
        ip_kind as kind
    from {{ ref('int_ms_ip_right__current') }}
    where legal_status = '有效'

),

final as (

    select
        record_link.enterprise_id,
        bool_or(fact.kind = 'listed') as is_listed,
        bool_or(fact.kind = 'blacklisted') as is_blacklisted,
        count(*) filter (where fact.kind = '发明专利') as invention_patents,
        count(*) filter (where fact.kind in ('实用新型', '软件著作权')) as utility_models_and_software
    from fact
    inner join record_link on fact.dataset = record_link.dataset and fact.source_key = record_link.source_key
    group by record_link.enterprise_id

)

select * from final
