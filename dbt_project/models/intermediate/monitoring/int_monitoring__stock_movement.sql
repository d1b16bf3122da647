with

stock_change as (

    select * from {{ ref('int_monitoring__stock_change') }}

),

series as (

    select min(month) as first_month from {{ ref('int_monitoring__month') }}

),

initial as (

    select
        piece.district_code,
        count(*) as entities
    from {{ ref('int_monitoring__held_piece') }} as piece
    inner join series
        on piece.valid_from < series.first_month and piece.valid_to >= series.first_month
    where piece.indicator_code = 'market_entities'
    group by piece.district_code

),

cell as (

    select
        month,
        district_code,
        sum(amount) filter (where indicator_code = 'market_entities') as stock,
        sum(amount) filter (where indicator_code = 'new_entities') as new_entities,
        sum(amount) filter (where indicator_code = 'closed_entities') as closed_entities
    from {{ ref('int_monitoring__district_cell') }}
    where
        scope = 'all' and breakdown = ''
        and indicator_code in ('market_entities', 'new_entities', 'closed_entities')
    group by month, district_code

),

moved as (

    select
        cell.*,
        coalesce(initial.entities, 0) as initial,
        coalesce(stock_change.entered, 0) as entered,
        coalesce(stock_change.departed, 0) as departed,
        coalesce(stock_change.left_city, 0) as left_city,
        coalesce(stock_change.moved_in, 0) as moved_in,
        coalesce(stock_change.moved_out, 0) as moved_out
    from cell
    left join initial on cell.district_code = initial.district_code
    left join stock_change
        on
            cell.month = stock_change.month
            and cell.district_code = stock_change.district_code

),

balanced as (

    select
        *,
        initial + sum(entered + moved_in - departed - left_city - moved_out) over (
            partition by district_code order by month
        ) as closing
    from moved

),

final as (

    -- `other_change` is what new and closed leave open: reinstated, or opened and ended in one month elsewhere.
    select
        to_char(month, 'YYYY-MM') as period,
        district_code,
        closing - (entered + moved_in - departed - left_city - moved_out) as opening,
        entered,
        moved_in,
        departed,
        left_city,
        moved_out,
        closing,
        stock,
        new_entities,
        closed_entities,
        (entered - departed) - (new_entities - closed_entities) as other_change
    from balanced

)

select * from final
