with

listed as (

    select
        above_scale.list_year,
        list_delivery.delivered_on,
        list_delivery.delivery_id,
        record_link.enterprise_id
    from {{ ref('stg_mi_above_scale') }} as above_scale
    inner join {{ ref('int_monitoring__snapshot') }} as list_delivery
        on above_scale.delivery_id = list_delivery.delivery_id
    inner join {{ ref('int_enterprise__record_link') }} as record_link
        on record_link.dataset = 'mi_above_scale' and above_scale.source_key = record_link.source_key

),

list as (

    select distinct
        list_year,
        delivered_on,
        delivery_id
    from listed

),

newest_list as (

    select distinct on (list_year)
        list_year,
        delivery_id
    from list
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

risen as (

    -- Without a list of the year before nobody can be said to have risen.
    select
        placed.list_year,
        placed.enterprise_id
    from placed
    inner join newest_list as year_before on placed.list_year - 1 = year_before.list_year
    where placed.listed_before is distinct from placed.list_year - 1

),

final as (

    select
        risen.list_year,
        risen.enterprise_id,
        date_trunc('month', min(listed.delivered_on))::date as month
    from risen
    inner join listed
        on
            risen.list_year = listed.list_year
            and risen.enterprise_id = listed.enterprise_id
    group by risen.list_year, risen.enterprise_id

)

select * from final
