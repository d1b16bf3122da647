-- Released figures. A release is immutable: its rows are written once, in one transaction, and the
-- database itself refuses to publish one whose figures do not add up.
create table ops.release (
    release_id bigint generated always as identity primary key,
    period text not null check (period ~ '^\d{4}-\d{2}$'),
    as_of date not null,
    state text not null check (state in ('draft', 'approved', 'published', 'withdrawn')),
    approved_by text,
    approved_at timestamptz,
    manifest_sha256 text not null,
    manifest jsonb not null,
    run_id text,
    created_at timestamptz not null default now(),
    check ((approved_by is null) = (approved_at is null)),
    check (state not in ('approved', 'published') or approved_by is not null)
);
comment on table ops.release is 'One row per release of figures; period is its last month.';
comment on column ops.release.manifest is 'What the figures were made from (deliveries, contracts, definitions) and the hash of each table released.';

create table publish.indicator (
    release_id bigint not null references ops.release,
    indicator_code text not null,
    indicator_name text not null,
    indicator_name_en text not null,
    definition text not null,
    definition_en text not null,
    unit text not null,
    kind text not null check (kind in ('stock', 'flow', 'rate')),
    additive boolean not null,
    disclosure text not null check (disclosure in ('public', 'protected')),
    datasets text[] not null,
    primary key (release_id, indicator_code)
);
create table publish.city_monthly (
    release_id bigint not null references ops.release,
    period text not null check (period ~ '^\d{4}-\d{2}$'),
    indicator_code text not null,
    indicator_name text not null,
    scope text not null check (scope in ('all', 'private', 'no_state_no_foreign', 'registration_type')),
    breakdown text not null check (breakdown in ('', 'industry_section', 'size_class', 'zone', 'tier')),
    breakdown_value text not null,
    value numeric,
    unit text not null check (unit in ('元', '户', '人', '笔', '家', '比率')),
    yoy numeric,
    mom numeric,
    ytd numeric,
    cell_status text not null check (cell_status in ('published', 'suppressed_primary', 'suppressed_secondary', 'incomplete')),
    primary key (release_id, period, indicator_code, scope, breakdown, breakdown_value),
    foreign key (release_id, indicator_code) references publish.indicator,
    check ((breakdown = '') = (breakdown_value = '')),
    check (cell_status not like 'suppressed%' or num_nonnulls(value, yoy, mom, ytd) = 0)
);
-- No foreign key to the indicator: checking it row by row would cost as much as the insert itself;
-- publish.broken_identity asks the same question once for all rows.
create table publish.district_monthly (
    release_id bigint not null,
    period text not null,
    district_code text not null,
    district_name text not null,
    indicator_code text not null,
    indicator_name text not null,
    scope text not null check (scope in ('all', 'private', 'no_state_no_foreign', 'registration_type')),
    breakdown text not null check (breakdown in ('', 'industry_section', 'size_class', 'zone', 'tier')),
    breakdown_value text not null,
    value numeric,
    unit text not null check (unit in ('元', '户', '人', '笔', '家', '比率')),
    yoy numeric,
    mom numeric,
    ytd numeric,
    cell_status text not null check (cell_status in ('published', 'suppressed_primary', 'suppressed_secondary', 'incomplete')),
    primary key (release_id, period, district_code, indicator_code, scope, breakdown, breakdown_value),
    check ((breakdown = '') = (breakdown_value = '')),
    check (cell_status not like 'suppressed%' or num_nonnulls(value, yoy, mom, ytd) = 0)
);
create table publish.stock_movement (
    release_id bigint not null references ops.release,
    period text not null,
    district_code text not null,
    opening bigint not null,
    entered bigint not null,
    moved_in bigint not null,
    departed bigint not null,
    left_city bigint not null,
    moved_out bigint not null,
    closing bigint not null,
    new_entities bigint not null,
    closed_entities bigint not null,
    other_change bigint not null,
    primary key (release_id, period, district_code),
    check (closing = opening + entered + moved_in - departed - left_city - moved_out),
    check (other_change = (entered - departed) - (new_entities - closed_entities))
);
create view publish.city_monthly_latest as
select m.* from publish.city_monthly as m
where m.release_id = (select max(release_id) from ops.release where state = 'published');
create view publish.district_monthly_latest as
select m.* from publish.district_monthly as m
where m.release_id = (select max(release_id) from ops.release where state = 'published');
create view publish.indicator_latest as
select m.* from publish.indicator as m
where m.release_id = (select max(release_id) from ops.release where state = 'published');
create view publish.stock_movement_latest as
select m.* from publish.stock_movement as m
where m.release_id = (select max(release_id) from ops.release where state = 'published');
comment on table publish.indicator is 'One row per release and indicator: what its figures mean in that release.';
comment on table publish.city_monthly is 'One row per release, month, indicator, scope and breakdown value for the whole city.';
comment on table publish.district_monthly is 'One row per release, month, district (370299 未分配 included), indicator, scope and breakdown value.';
comment on table publish.stock_movement is 'One row per release, month and district: how the market entities of one month end became those of the next.';
comment on column publish.stock_movement.left_city is 'Became 迁出; leaves the stock, is no closing.';
comment on column publish.stock_movement.other_change is 'What new and closed entities leave open: reinstated, ended before, or new and moved within one month.';

create table ops.unassigned_metric (
    release_id bigint not null references ops.release,
    period text not null,
    indicator_code text not null,
    total numeric not null,
    unassigned numeric not null,
    unregistered numeric not null,
    primary key (release_id, period, indicator_code)
);
comment on table ops.unassigned_metric is 'One row per release, month and additive indicator: how much of it lies in 未分配, and how much of that with no registered enterprise (未登记).';

-- Every identity a release must keep, each cell that breaks one. Suppressed cells are left out of sums
-- they cannot take part in; a value that is missing on both sides agrees.
create function publish.broken_identity(release bigint)
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
place as (
    select d.period, d.district_code as place, d.indicator_code, d.scope, d.breakdown, d.breakdown_value, d.value, d.cell_status
    from district as d
    union all
    select c.period, '370200', c.indicator_code, c.scope, c.breakdown, c.breakdown_value, c.value, c.cell_status
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
where i.additive is null
    or (i.additive and c.value is distinct from s.value
        and not coalesce(s.is_suppressed, false) and coalesce(c.cell_status, '') not like 'suppressed%')
union all
select 'breakdown = total', period, indicator_code, scope, p.breakdown, '', place, t.value, p.value
from part as p
left join total as t using (period, place, indicator_code, scope)
where p.value is distinct from t.value and not p.is_suppressed and coalesce(t.cell_status, '') not like 'suppressed%'
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
    g.districts, s.cells
from (
    select m.period, x.indicator_code, x.scope, x.breakdown, x.breakdown_value, n.districts
    from (select distinct c.indicator_code, c.scope, c.breakdown, c.breakdown_value from city as c) as x
    cross join (
        select to_char(generate_series(to_date(min(c.period), 'YYYY-MM')::timestamp,
            (select to_date(r.period, 'YYYY-MM')::timestamp from ops.release as r where r.release_id = release),
            interval '1 month'), 'YYYY-MM') as period
        from city as c
    ) as m
    cross join (select count(distinct d.district_code) as districts from district as d) as n
) as g
left join district_sum as s using (period, indicator_code, scope, breakdown, breakdown_value)
where s.cells is distinct from g.districts
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
comment on function publish.broken_identity is 'One row per cell of a release that breaks an identity: what the identity expects and what the cell says.';

create function publish.assert_identities(release bigint) returns void
language plpgsql
as $$
declare
    broken text;
begin
    select string_agg(format('%s: %s %s %s %s %s at %s: expected %s, found %s', b.identity, b.period, b.indicator_code, b.scope,
        b.breakdown, b.breakdown_value, b.place, coalesce(b.expected::text, 'nothing'), coalesce(b.found::text, 'nothing')), '; ')
    into broken
    from (select * from publish.broken_identity(release) limit 5) as b;
    if broken is not null then
        raise exception 'release %: %', release, broken using errcode = 'TD001';
    end if;
end
$$;

-- A release goes draft -> approved -> published -> withdrawn, never back; what it says never changes.
-- Its manifest is written once, when its rows are in.
create function ops.guard_release() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'release % cannot be deleted, only withdrawn', old.release_id using errcode = 'TD002';
    end if;
    if tg_op = 'UPDATE' then
        if (new.release_id, new.period, new.as_of) is distinct from (old.release_id, old.period, old.as_of)
            or (old.manifest <> '{}' and (new.manifest, new.manifest_sha256) is distinct from (old.manifest, old.manifest_sha256))
            or (old.approved_by is not null and (new.approved_by, new.approved_at) is distinct from (old.approved_by, old.approved_at))
            or array_position(array['draft', 'approved', 'published', 'withdrawn'], new.state)
            < array_position(array['draft', 'approved', 'published', 'withdrawn'], old.state)
        then
            raise exception 'release % cannot change', old.release_id using errcode = 'TD002';
        end if;
    elsif new.state <> 'draft' then
        raise exception 'a release begins as draft' using errcode = 'TD002';
    end if;
    if tg_op = 'UPDATE' and new.state = 'published' and old.state <> 'published' then
        perform publish.assert_identities(new.release_id);
    end if;
    return new;
end
$$;
create trigger release_is_guarded before insert or update or delete on ops.release
for each row execute function ops.guard_release();

-- Rows come in while their release is a draft; afterwards nothing of it can be added, changed or taken away.
create function publish.guard_rows() returns trigger
language plpgsql
as $$
declare
    sealed bigint;
begin
    if tg_op = 'TRUNCATE' then
        raise exception '%.% cannot be truncated', tg_table_schema, tg_table_name using errcode = 'TD002';
    end if;
    select r.release_id into sealed
    from (select distinct t.release_id from touched as t) as d
    left join ops.release as r using (release_id)
    where r.state is distinct from 'draft'
    limit 1;
    if found then
        raise exception '%.%: release % is no draft, its rows cannot change', tg_table_schema, tg_table_name, sealed
            using errcode = 'TD002';
    end if;
    return null;
end
$$;
do $$
declare
    guarded text;
begin
    foreach guarded in array array['indicator', 'city_monthly', 'district_monthly', 'stock_movement'] loop
        execute format('create trigger %1$s_insert after insert on publish.%1$s referencing new table as touched
            for each statement execute function publish.guard_rows()', guarded);
        execute format('create trigger %1$s_delete after delete on publish.%1$s referencing old table as touched
            for each statement execute function publish.guard_rows()', guarded);
        execute format('create trigger %1$s_update after update on publish.%1$s referencing old table as touched
            for each statement execute function publish.guard_rows()', guarded);
        execute format('create trigger %1$s_truncate before truncate on publish.%1$s
            for each statement execute function publish.guard_rows()', guarded);
    end loop;
end
$$;
