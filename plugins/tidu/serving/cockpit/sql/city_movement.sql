-- One row per month: how the stock of the city moved. Moves from district to district are no moves of the city.
select m.period, sum(m.opening)::bigint as opening, sum(m.entered)::bigint as entered, sum(m.departed)::bigint as departed,
    sum(m.left_city)::bigint as left_city, sum(m.closing)::bigint as closing
from publish.stock_movement as m
where m.release_id = %(release_id)s
group by m.period
order by m.period
