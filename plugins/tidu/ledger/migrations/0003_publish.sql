-- Released figures. A release is immutable: its rows are written once, in one transaction.
create table ops.release (
    release_id bigint generated always as identity primary key,
    period text not null check (period ~ '^\d{4}-\d{2}$'),
    as_of date not null,
    state text not null check (state in ('draft', 'approved', 'published', 'withdrawn')),
    approved_by text,
    approved_at timestamptz,
    manifest_sha256 text not null,
    manifest jsonb not null
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
    check ((breakdown = '') = (breakdown_value = ''))
);
create table publish.district_monthly (
    release_id bigint not null references ops.release,
    period text not null check (period ~ '^\d{4}-\d{2}$'),
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
    check ((breakdown = '') = (breakdown_value = ''))
);
create view publish.city_monthly_latest as
select m.* from publish.city_monthly as m
where m.release_id = (select max(release_id) from ops.release where state = 'published');
create view publish.district_monthly_latest as
select m.* from publish.district_monthly as m
where m.release_id = (select max(release_id) from ops.release where state = 'published');
comment on table publish.city_monthly is 'One row per release, month, indicator, scope and breakdown value for the whole city.';
comment on table publish.district_monthly is 'One row per release, month, district (370299 未分配 included), indicator, scope and breakdown value.';
