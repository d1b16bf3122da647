-- The cockpit shows names of enterprises only to those who may see them, and keeps who asked for which.
create table ops.cockpit_access_log (
    access_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    viewer text not null,
    allowed boolean not null,
    district_code text not null,
    tier text not null,
    readiness text,
    assessed_on date,
    after_rank bigint,
    rows_shown integer not null check (rows_shown >= 0),
    check (allowed or rows_shown = 0)
);
comment on table ops.cockpit_access_log is 'One row per page of an enterprise list asked for in the cockpit, refused ones included.';
comment on column ops.cockpit_access_log.after_rank is 'Where the page begins: after this rank; null for the first page.';

-- Pages show the totals of every month; the primary keys, which begin with the month, would read all breakdowns for them.
create index city_monthly_total on publish.city_monthly (release_id, scope, indicator_code) where breakdown = '';
create index district_monthly_total on publish.district_monthly (release_id, scope, indicator_code, district_code)
where breakdown = '';
