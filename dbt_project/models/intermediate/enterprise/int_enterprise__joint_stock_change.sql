{#- Types of joint stock companies by GB/T 12402: domestic, private, from Hong Kong, Macao or Taiwan, foreign. -#}
{%- set joint_stock_types = "('160', '174', '240', '340')" -%}

with

bearers as (

    select entity_no
    from {{ ref('stg_ms_registration') }}
    where reg_type_code in {{ joint_stock_types }} or entity_name like '%股份有限公司'

),

-- the versions of those alone that were a joint stock company once
versions as (

    select
        *,
        lag(reg_type_code) over entity as previous_type_code,
        lag(entity_name) over entity as previous_name,
        coalesce(approved_on, (updated_at at time zone 'Asia/Shanghai')::date) as changed_on
    from {{ ref('stg_ms_registration') }}
    where entity_no in (select bearers.entity_no from bearers)
    window entity as (partition by entity_no order by updated_at, delivery_id, row_no)

),

reports as (

    select
        *,
        lag(is_joint_stock) over (partition by entity_no order by report_year) as was_joint_stock
    from {{ ref('int_ms_annual_report__current') }}

),

-- what each source says, the strongest first; a day the register names is better than that of its next version
said as (

    select
        case change_item when '企业类型' then 1 else 2 end as strength,
        'ms_change_event' as dataset,
        source_key,
        changed_on,
        value_before,
        value_after,
        delivery_id,
        row_no
    from {{ ref('stg_ms_change_event') }}
    where
        change_item = '企业类型'
        and value_after ~ '股份有限公司|^(160|174|240|340)$'
        and coalesce(value_before, '') !~ '股份有限公司|^(160|174|240|340)$'
        or change_item = '名称'
        and value_after like '%股份有限公司'
        and value_before not like '%股份有限公司'
    union all
    select
        3 as strength,
        'ms_registration' as dataset,
        source_key,
        changed_on,
        concat_ws(' ', previous_type_code, previous_name) as value_before,
        concat_ws(' ', reg_type_code, entity_name) as value_after,
        delivery_id,
        row_no
    from versions
    where
        previous_type_code not in {{ joint_stock_types }} and reg_type_code in {{ joint_stock_types }}
        or previous_name not like '%股份有限公司' and entity_name like '%股份有限公司'
    union all
    select
        4 as strength,
        'fn_listing' as dataset,
        source_key,
        coalesce(stage_on, delivered_on) as changed_on,
        null as value_before,
        stage as value_after,
        delivery_id,
        row_no
    from {{ ref('stg_fn_listing') }}
    where stage = '股改完成'
    union all
    -- a report dates it by its year alone
    select
        5 as strength,
        'ms_annual_report' as dataset,
        source_key,
        make_date(report_year::integer, 12, 31) as changed_on,
        '否' as value_before,
        '是' as value_after,
        delivery_id,
        row_no
    from reports
    where is_joint_stock and not was_joint_stock

),

-- the strongest source decides, and of it the earliest day
final as (

    select distinct on (record_link.enterprise_id)
        record_link.enterprise_id,
        said.*
    from said
    inner join {{ ref('int_enterprise__record_link') }} as record_link
        on
            said.dataset = record_link.dataset
            and said.source_key = record_link.source_key
    order by
        record_link.enterprise_id asc, said.strength asc, said.changed_on asc,
        said.source_key asc, said.delivery_id asc, said.row_no asc

)

select * from final
