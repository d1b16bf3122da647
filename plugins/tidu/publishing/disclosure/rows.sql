-- What stands in publish.city_monthly and publish.district_monthly for the figures at hand, given temporary tables
-- hidden_cell and left_out. A figure that is compared with a hidden one, or summed from one, would give it away: it has
-- no ratio, no year to date.
create temporary view city_row as
select m.period, m.indicator_code, m.indicator_name, m.scope, m.breakdown, m.breakdown_value,
    case when h.status is null then m.value end as value, m.unit,
    case when h.status is null and y.status is null then m.yoy end as yoy,
    case when h.status is null and p.status is null then m.mom end as mom,
    case when h.status is null and (t.first_period is null or m.period < t.first_period) then m.ytd end as ytd,
    coalesce(h.status, m.cell_status) as cell_status
from intermediate.int_monitoring__city_month as m
left join left_out as l on l.indicator_code = m.indicator_code and l.breakdown = m.breakdown and l.level = 'city'
left join hidden_cell as h on h.place = '370200' and h.indicator_code = m.indicator_code and h.scope = m.scope
    and h.breakdown = m.breakdown and h.breakdown_value = m.breakdown_value and h.period = m.period
left join hidden_cell as y on y.place = '370200' and y.indicator_code = m.indicator_code and y.scope = m.scope
    and y.breakdown = m.breakdown and y.breakdown_value = m.breakdown_value and y.a_year_later = m.period
left join hidden_cell as p on p.place = '370200' and p.indicator_code = m.indicator_code and p.scope = m.scope
    and p.breakdown = m.breakdown and p.breakdown_value = m.breakdown_value and p.a_month_later = m.period
left join hidden_year as t on t.place = '370200' and t.indicator_code = m.indicator_code and t.scope = m.scope
    and t.breakdown = m.breakdown and t.breakdown_value = m.breakdown_value and t.year = left(m.period, 4)
where l.indicator_code is null;

create temporary view district_row as
select m.period, m.district_code, m.district_name, m.indicator_code, m.indicator_name, m.scope, m.breakdown, m.breakdown_value,
    case when h.status is null then m.value end as value, m.unit,
    case when h.status is null and y.status is null then m.yoy end as yoy,
    case when h.status is null and p.status is null then m.mom end as mom,
    case when h.status is null and (t.first_period is null or m.period < t.first_period) then m.ytd end as ytd,
    coalesce(h.status, m.cell_status) as cell_status
from intermediate.int_monitoring__district_month as m
left join left_out as l on l.indicator_code = m.indicator_code and l.breakdown = m.breakdown
left join hidden_cell as h on h.place = m.district_code and h.indicator_code = m.indicator_code and h.scope = m.scope
    and h.breakdown = m.breakdown and h.breakdown_value = m.breakdown_value and h.period = m.period
left join hidden_cell as y on y.place = m.district_code and y.indicator_code = m.indicator_code and y.scope = m.scope
    and y.breakdown = m.breakdown and y.breakdown_value = m.breakdown_value and y.a_year_later = m.period
left join hidden_cell as p on p.place = m.district_code and p.indicator_code = m.indicator_code and p.scope = m.scope
    and p.breakdown = m.breakdown and p.breakdown_value = m.breakdown_value and p.a_month_later = m.period
left join hidden_year as t on t.place = m.district_code and t.indicator_code = m.indicator_code and t.scope = m.scope
    and t.breakdown = m.breakdown and t.breakdown_value = m.breakdown_value and t.year = left(m.period, 4)
where l.indicator_code is null;
