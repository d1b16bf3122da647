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

-- windows, not joins of the lists with themselves: the planner takes them for a handful of rows and loops
told as (

    select
        listed.*,
        bool_or(listed.delivery_id = newest_list.delivery_id) over entry as is_member,
        row_number() over (
            entry order by listed.delivered_on, listed.source_key, listed.delivery_id, listed.row_no
        ) as place
    from listed
    inner join newest_list on listed.list_year = newest_list.list_year
    window entry as (partition by listed.enterprise_id, listed.list_year)

),

member as (

    select
        *,
        lag(list_year) over (partition by enterprise_id order by list_year) as listed_before
    from told
    where is_member and place = 1

),

final as (

    select
        member.enterprise_id,
        member.list_year,
        member.delivered_on as listed_on,
        member.source_key,
        member.delivery_id,
        member.row_no,
        -- without a list of the year before nobody can be said to have risen
        year_before.list_year is not null and coalesce(member.listed_before <> member.list_year - 1, true) as is_rise
    from member
    left join newest_list as year_before on member.list_year - 1 = year_before.list_year

)

select * from final
