with

piece as (

    -- Never seen at a month end, so it moves no stock.
    select * from {{ ref('int_monitoring__held_piece') }}
    where
        indicator_code = 'market_entities'
        and date_trunc('month', valid_from) < date_trunc('month', valid_to)

),

series as (

    select
        min(month) as first_month,
        max(month_end) as last_month_end
    from {{ ref('int_monitoring__month') }}

),

entry as (

    select
        piece.enterprise_id,
        piece.district_code,
        date_trunc('month', piece.valid_from)::date as month
    from piece
    inner join series on piece.valid_from between series.first_month and series.last_month_end

),

departure as (

    select
        piece.enterprise_id,
        piece.district_code,
        date_trunc('month', piece.valid_to)::date as month
    from piece
    inner join series on piece.valid_to between series.first_month and series.last_month_end

),

paired as (

    select
        coalesce(entry.enterprise_id, departure.enterprise_id) as enterprise_id,
        coalesce(entry.month, departure.month) as month,
        departure.district_code as from_district,
        entry.district_code as to_district
    from entry
    full join departure
        on
            entry.enterprise_id = departure.enterprise_id
            and entry.month = departure.month

),

explained as (

    select
        paired.month,
        paired.from_district,
        paired.to_district,
        exists(
            select 1 from {{ ref('int_enterprise__status_span') }} as span
            where
                paired.to_district is null
                and span.enterprise_id = paired.enterprise_id
                and span.status = '迁出'
                and span.valid_from < paired.month + interval '1 month'
                and span.valid_to >= paired.month + interval '1 month'
        ) as has_left_city
    from paired
    where paired.from_district is distinct from paired.to_district

),

movement as (

    select
        month,
        to_district as district_code,
        case when from_district is null then 'entered' else 'moved_in' end as kind
    from explained
    where to_district is not null
    union all
    select
        month,
        from_district as district_code,
        case
            when to_district is not null then 'moved_out'
            when has_left_city then 'left_city'
            else 'departed'
        end as kind
    from explained
    where from_district is not null

),

final as (

    select
        month,
        district_code,
        count(*) filter (where kind = 'entered') as entered,
        count(*) filter (where kind = 'departed') as departed,
        count(*) filter (where kind = 'left_city') as left_city,
        count(*) filter (where kind = 'moved_in') as moved_in,
        count(*) filter (where kind = 'moved_out') as moved_out
    from movement
    group by month, district_code

)

select * from final
