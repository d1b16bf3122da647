-- Disclosure control: which cells are hidden, what a reader could learn from the difference of two releases, and the
-- identities of a release that does not go down to the district in every table.

-- Its columns changed; the next build loads it anew.
drop table if exists intermediate.seed_indicator cascade;
drop table if exists intermediate.seed_breakdown_value cascade;

create table ops.disclosure_problem (
    release_id bigint not null references ops.release,
    indicator_code text not null,
    period text not null check (period ~ '^\d{4}-\d{2}$'),
    tables text[] not null,
    cells_sha256 text not null,
    primary key (release_id, indicator_code, period)
);
comment on table ops.disclosure_problem is 'One row per release that was searched (no copy), protected indicator and month: what its cells were made of. The same again needs no new search for what to hide.';
comment on column ops.disclosure_problem.cells_sha256 is 'Of the cells, of those of indicators that give it away, of the parameters and of the method.';
comment on column ops.disclosure_problem.tables is 'What is released besides totals, as breakdown:level.';
create table ops.disclosure_cell (
    since_release bigint not null references ops.release,
    indicator_code text not null,
    period text not null,
    scope text not null,
    breakdown text not null,
    breakdown_value text not null,
    place text not null,
    status text not null check (status in ('published', 'suppressed_primary', 'suppressed_secondary')),
    contributors integer,
    members bigint[],
    amounts double precision[],
    primary key (indicator_code, period, scope, breakdown, breakdown_value, place, since_release)
);
comment on table ops.disclosure_cell is 'One row per hidden or small cell of protected indicators and release since which it is so: what later releases are compared with. A cell once hidden stays hidden.';
comment on column ops.disclosure_cell.contributors is 'Enterprises with an amount other than zero, or where there is none, those that filed zero; null for an open cell that is small no more.';
comment on column ops.disclosure_cell.members is 'Numbers that stand for the contributors of a small cell, in order; null for a cell with more than two crowds.';
comment on column ops.disclosure_cell.amounts is 'What each of them contributes.';

-- Early signs: notes on months that are unlike those around them, made from open cells.
create table publish.early_sign (
    release_id bigint not null references ops.release,
    district_code text not null,
    indicator_code text not null,
    period text not null check (period ~ '^\d{4}-\d{2}$'),
    kind text not null check (kind in ('outlier', 'level_shift')),
    score numeric not null,
    note_zh text not null,
    note_en text not null,
    primary key (release_id, district_code, indicator_code, period, kind)
);
comment on table publish.early_sign is 'One row per release, district, indicator, month and kind of sign: a note for people, never a fact.';
comment on column publish.early_sign.score is 'Robust standard deviations from the trend; of a shift, by how many the levels differ.';
create trigger early_sign_insert after insert on publish.early_sign referencing new table as touched
for each statement execute function publish.guard_rows();
create trigger early_sign_update after update on publish.early_sign referencing old table as touched
for each statement execute function publish.guard_rows();
create trigger early_sign_delete after delete on publish.early_sign referencing old table as touched
for each statement execute function publish.guard_rows();
create trigger early_sign_truncate before truncate on publish.early_sign
for each statement execute function publish.guard_rows();
create view publish.early_sign_latest as
select m.* from publish.early_sign as m
where m.release_id = (select max(release_id) from ops.release where state = 'published');

-- As in 0003, but tables may end at the city, parts that never had anything are not there, and years to date are checked.
create or replace function publish.broken_identity(release bigint)
returns table (identity text, period text, indicator_code text, scope text, breakdown text, breakdown_value text, place text, expected numeric, found numeric)
language sql stable
as $$
with district as materialized (
    select * from publish.district_monthly where release_id = release
),
city as materialized (
    select * from publish.city_monthly where release_id = release
),
indicator as (
    select * from publish.indicator where release_id = release
),
district_sum as (
    select d.period, d.indicator_code, d.scope, d.breakdown, d.breakdown_value, count(*) as cells, sum(d.value) as value,
        bool_or(d.cell_status like 'suppressed%') as is_suppressed
    from district as d
    group by d.period, d.indicator_code, d.scope, d.breakdown, d.breakdown_value
),
detailed as (
    select distinct d.indicator_code, d.breakdown from district as d
),
place as (
    select d.period, d.district_code as place, d.indicator_code, d.scope, d.breakdown, d.breakdown_value, d.value, d.ytd, d.cell_status
    from district as d
    union all
    select c.period, '370200', c.indicator_code, c.scope, c.breakdown, c.breakdown_value, c.value, c.ytd, c.cell_status
    from city as c
),
part as (
    select p.period, p.place, p.indicator_code, p.scope, p.breakdown, sum(p.value) as value,
        bool_or(p.cell_status like 'suppressed%') as is_suppressed
    from place as p
    where p.breakdown <> ''
    group by p.period, p.place, p.indicator_code, p.scope, p.breakdown
),
total as (
    select * from place where breakdown = ''
),
entities as (
    select t.period, t.place, t.scope,
        sum(t.value) filter (where t.indicator_code = 'market_entities') as market_entities,
        sum(t.value) filter (where t.indicator_code in ('enterprises', 'individual_businesses')) as named_categories
    from total as t
    where t.indicator_code in ('market_entities', 'enterprises', 'individual_businesses')
    group by t.period, t.place, t.scope
)
select 'city = sum of districts', period, indicator_code, scope, breakdown, breakdown_value, '370200', s.value, c.value
from city as c
full join district_sum as s using (period, indicator_code, scope, breakdown, breakdown_value)
left join indicator as i using (indicator_code)
left join detailed as t using (indicator_code, breakdown)
where i.additive is null
    or (i.additive and t.indicator_code is not null and c.value is distinct from s.value
        and not coalesce(s.is_suppressed, false) and coalesce(c.cell_status, '') not like 'suppressed%')
union all
select 'breakdown = total', period, indicator_code, scope, p.breakdown, '', place, t.value, p.value
from part as p
left join total as t using (period, place, indicator_code, scope)
inner join indicator as i using (indicator_code)
where i.additive and p.value is distinct from t.value and not p.is_suppressed and coalesce(t.cell_status, '') not like 'suppressed%'
union all
select 'enterprises + individual businesses <= market entities', e.period, 'market_entities', e.scope, '', '', e.place,
    e.market_entities, e.named_categories
from entities as e
where e.named_categories > e.market_entities
union all
select 'a scope lies within all', period, indicator_code, t.scope, '', '', place, a.value, t.value
from total as t
inner join (select * from total where scope = 'all') as a using (period, place, indicator_code)
inner join indicator as i using (indicator_code)
where t.value > a.value and i.unit in ('户', '家', '人', '笔')
union all
select 'every cell of the grid is there', g.period, g.indicator_code, g.scope, g.breakdown, g.breakdown_value, '370200',
    g.districts, coalesce(s.cells, 0)
from (
    -- Totals and tiers stand in every district, other parts wherever there was ever anything of them.
    select m.period, x.indicator_code, x.scope, x.breakdown, x.breakdown_value,
        case when x.breakdown in ('', 'tier') then n.districts else coalesce(o.districts, 0) end as districts
    from (select distinct c.indicator_code, c.scope, c.breakdown, c.breakdown_value from city as c) as x
    left join (
        select d.indicator_code, d.scope, d.breakdown, d.breakdown_value, count(distinct d.district_code) as districts
        from district as d group by d.indicator_code, d.scope, d.breakdown, d.breakdown_value
    ) as o using (indicator_code, scope, breakdown, breakdown_value)
    cross join (
        select to_char(generate_series(to_date(min(c.period), 'YYYY-MM')::timestamp,
            (select to_date(r.period, 'YYYY-MM')::timestamp from ops.release as r where r.release_id = release),
            interval '1 month'), 'YYYY-MM') as period
        from city as c
    ) as m
    cross join (select count(distinct d.district_code) as districts from district as d) as n
) as g
left join district_sum as s using (period, indicator_code, scope, breakdown, breakdown_value)
where coalesce(s.cells, 0) <> g.districts
union all
select 'every month is there', m.period, x.indicator_code, x.scope, x.breakdown, x.breakdown_value, '370200', 1, 0
from (select distinct c.period from city as c) as m
cross join (select distinct c.indicator_code, c.scope, c.breakdown, c.breakdown_value from city as c) as x
left join city as c using (period, indicator_code, scope, breakdown, breakdown_value)
where c.period is null
union all
select 'a stock or a rate has no year to date', p.period, p.indicator_code, p.scope, p.breakdown, p.breakdown_value, p.place, null, p.ytd
from place as p
inner join indicator as i using (indicator_code)
where i.kind <> 'flow' and p.ytd is not null
union all
select 'the year to date is the sum of its months', s.period, s.indicator_code, s.scope, s.breakdown, s.breakdown_value, s.place, s.months, s.ytd
from (
    select p.*, sum(p.value) over (
        partition by p.indicator_code, p.scope, p.breakdown, p.breakdown_value, p.place, left(p.period, 4) order by p.period
    ) as months
    from place as p
    inner join indicator as i using (indicator_code)
    where i.kind = 'flow'
) as s
where s.ytd is not null and s.ytd is distinct from s.months
union all
select 'every indicator has figures', null, i.indicator_code, null, null, null, '370200', 1, 0
from indicator as i
where not exists (select from city as c where c.indicator_code = i.indicator_code)
union all
select 'stock = moves of the stock', m.period, 'market_entities', 'all', '', '', m.district_code, m.closing, t.value
from publish.stock_movement as m
left join (select * from total where indicator_code = 'market_entities' and scope = 'all') as t
    on t.period = m.period and t.place = m.district_code
where m.release_id = release and t.value is distinct from m.closing
union all
select 'opening = closing of the month before', m.period, 'market_entities', 'all', '', '', m.district_code, m.closing_before, m.opening
from (
    select s.*, lag(s.closing) over (partition by s.district_code order by s.period) as closing_before
    from publish.stock_movement as s where s.release_id = release
) as m
where m.opening <> m.closing_before
$$;
