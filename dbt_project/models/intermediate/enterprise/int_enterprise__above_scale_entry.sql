with

delivery as (

    select * from {{ source('ops', 'delivery') }}
    where
        dataset = 'mi_above_scale'
        and state = 'accepted'
        and (building or built_at is not null)
        -- a repeated delivery holds no accepted row: the one it repeats is the list
        and repeats_delivery_id is null

),

listed as (

    select
        above_scale.list_year,
        above_scale.source_key,
        above_scale.delivery_id,
        above_scale.row_no,
        above_scale.delivered_on,
        record_link.enterprise_id
    from {{ ref('stg_mi_above_scale') }} as above_scale
    inner join delivery on above_scale.delivery_id = delivery.delivery_id
    inner join {{ ref('int_enterprise__record_link') }} as record_link
        on record_link.dataset = 'mi_above_scale' and above_scale.source_key = record_link.source_key

),

newest_list as (

    select distinct on (list_year)
        list_year,
        delivery_id
    from listed
    group by list_year, delivered_on, delivery_id
    order by list_year asc, delivered_on desc, delivery_id desc

),

member as (

    select distinct
        listed.list_year,
        listed.enterprise_id
    from listed
    inner join newest_list
        on
            listed.list_year = newest_list.list_year
            and listed.delivery_id = newest_list.delivery_id

),

placed as (

    -- a window, not a join of the lists with themselves: the planner takes them for a handful of rows and loops
    select
        *,
        lag(list_year) over (partition by enterprise_id order by list_year) as listed_before
    from member

),

final as (

    select distinct on (placed.enterprise_id, placed.list_year)
        placed.enterprise_id,
        placed.list_year,
        listed.delivered_on as listed_on,
        listed.source_key,
        listed.delivery_id,
        listed.row_no,
        -- without a list of the year before nobody can be said to have risen
        year_before.list_year is not null and coalesce(placed.listed_before <> placed.list_year - 1, true) as is_rise
    from placed
    inner join listed
        on
            placed.list_year = listed.list_year
            and placed.enterprise_id = listed.enterprise_id
    left join newest_list as year_before on placed.list_year - 1 = year_before.list_year
    order by
        placed.enterprise_id asc, placed.list_year asc,
        listed.delivered_on asc, listed.source_key asc, listed.delivery_id asc, listed.row_no asc

)

select * from final
