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

risen as (

    -- Without a list of the year before nobody can be said to have risen.
    select member.*
    from member
    inner join newest_list as year_before on member.list_year - 1 = year_before.list_year
    left join member as before
        on
            member.list_year - 1 = before.list_year
            and member.enterprise_id = before.enterprise_id
    where before.enterprise_id is null

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
