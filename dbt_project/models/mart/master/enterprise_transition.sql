with

-- 个转企: a new enterprise that names the household business it grew out of; both stay enterprises of their own
from_household as (

    select
        successor.enterprise_id,
        '个转企' as kind,
        case
            -- some keep the day of the business: then it is the day that one ended, else the day of the act
            when successor.established_on <= predecessor.established_on
                then coalesce(predecessor.status_on, successor.approved_on, successor.established_on)
            else successor.established_on
        end as on_date,
        jsonb_build_object(
            'predecessor_entity_no', successor.predecessor_entity_no,
            'predecessor_enterprise_id', predecessor.enterprise_id,
            'predecessor_name', predecessor.entity_name,
            'predecessor_status', predecessor.reg_status,
            'predecessor_source_key', predecessor.source_key
        ) as evidence,
        'ms_registration' as dataset,
        successor.source_key,
        successor.delivery_id,
        successor.row_no
    from {{ ref('int_enterprise__registration') }} as successor
    left join {{ ref('int_enterprise__registration') }} as predecessor
        on successor.predecessor_entity_no = predecessor.entity_no
    where
        {{ entity_number('successor.predecessor_entity_no') }} is not null
        and successor.predecessor_entity_no <> successor.entity_no
        and successor.entity_category = '企业'
        and coalesce(predecessor.entity_category, '个体工商户') = '个体工商户'

),

above_scale as (

    select
        enterprise_id,
        '小升规' as kind,
        listed_on as on_date,
        jsonb_build_object('list_year', list_year, 'not_listed_in', list_year - 1) as evidence,
        'mi_above_scale' as dataset,
        source_key,
        delivery_id,
        row_no
    from {{ ref('int_enterprise__above_scale_entry') }}
    where is_rise

),

scale as (

    select
        enterprise_id,
        array_agg(list_year order by list_year) as list_years
    from {{ ref('int_enterprise__above_scale_entry') }}
    group by enterprise_id

),

-- 规改股: above scale in the year of the change or in the year before
to_joint_stock as (

    select
        joint_stock_change.enterprise_id,
        '规改股' as kind,
        joint_stock_change.changed_on as on_date,
        jsonb_build_object(
            'before', joint_stock_change.value_before,
            'after', joint_stock_change.value_after,
            'above_scale_list_years', scale.list_years
        ) as evidence,
        joint_stock_change.dataset,
        joint_stock_change.source_key,
        joint_stock_change.delivery_id,
        joint_stock_change.row_no
    from {{ ref('int_enterprise__joint_stock_change') }} as joint_stock_change
    inner join scale on joint_stock_change.enterprise_id = scale.enterprise_id
    where
        extract(year from joint_stock_change.changed_on) - 1 = any(scale.list_years)
        or extract(year from joint_stock_change.changed_on) = any(scale.list_years)

),

-- 股上市: the first listing at an exchange; 新三板挂牌 is a quotation and none
listed as (

    select distinct on (record_link.enterprise_id)
        record_link.enterprise_id,
        '股上市' as kind,
        coalesce(listing.stage_on, listing.delivered_on) as on_date,
        jsonb_build_object('stage', listing.stage, 'board', listing.board, 'stage_on', listing.stage_on) as evidence,
        'fn_listing' as dataset,
        listing.source_key,
        listing.delivery_id,
        listing.row_no
    from {{ ref('int_fn_listing__current') }} as listing
    inner join {{ ref('int_enterprise__record_link') }} as record_link
        on
            listing.source_key = record_link.source_key
            and record_link.dataset = 'fn_listing'
    where listing.stage = '上市'
    order by record_link.enterprise_id asc, on_date asc, listing.source_key asc

),

final as (

    {% for kind in ['from_household', 'above_scale', 'to_joint_stock'] -%}
    select * from {{ kind }}
    union all
    {% endfor -%}
    select * from listed

)

select * from final
order by enterprise_id, kind, on_date
