-- Releases that can be withdrawn, rolled back to and published again: who did what and why, which files they left, and
-- what each of them changed of the one before it.

alter table ops.release add column republished_from bigint references ops.release;
comment on column ops.release.republished_from is 'The withdrawn release whose figures this one shows again, unchanged; null for figures of its own.';

create table ops.release_event_log (
    event_no bigint generated always as identity primary key,
    release_id bigint not null references ops.release,
    event text not null check (event in (
        'drafted', 'checked', 'approved', 'published', 'rejected', 'withdrawn', 'rolled_back', 'republished', 'filed')),
    decided_by text not null check (decided_by <> ''),
    reason text,
    manifest_sha256 text not null,
    detail jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create index on ops.release_event_log (release_id);
comment on table ops.release_event_log is 'One row per step of a release, in order of event_no: who took it, when, why, and the hash of the manifest it was about. Rows are only added.';
comment on column ops.release_event_log.decided_by is 'A person''s name, or `run <run id>` where no person decides.';
comment on column ops.release_event_log.detail is 'checked: the identities that held, rows by table, cells by status; filed: hash of files.json; withdrawn, rolled_back, republished: the other releases concerned.';

insert into ops.release_event_log (release_id, event, decided_by, reason, manifest_sha256, created_at)
select r.release_id, s.event, s.decided_by, 'known before steps were kept', r.manifest_sha256, s.at
from ops.release as r
cross join lateral (values
    (1, 'drafted', coalesce('run ' || r.run_id, 'unknown'), r.created_at),
    (2, 'published', r.approved_by, r.approved_at)
) as s (place, event, decided_by, at)
where s.at is not null
order by r.release_id, s.place;

create table ops.release_file (
    release_id bigint not null references ops.release,
    name text not null,
    sha256 text not null,
    bytes bigint not null,
    primary key (release_id, name)
);
comment on table ops.release_file is 'One row per file a published release left in its folder; the same hashes stand in files.json beside them.';

create function ops.guard_addition() returns trigger
language plpgsql
as $$
begin
    raise exception '%.% is only added to', tg_table_schema, tg_table_name using errcode = 'TD002';
end
$$;
create trigger release_event_log_is_kept before update or delete or truncate on ops.release_event_log
for each statement execute function ops.guard_addition();
create trigger release_file_is_kept before update or delete or truncate on ops.release_file
for each statement execute function ops.guard_addition();

-- As in 0003, and where a release comes from cannot change either.
create or replace function ops.guard_release() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'release % cannot be deleted, only withdrawn', old.release_id using errcode = 'TD002';
    end if;
    if tg_op = 'UPDATE' then
        if (new.release_id, new.period, new.as_of, new.republished_from)
            is distinct from (old.release_id, old.period, old.as_of, old.republished_from)
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

-- No step without its entry: asked at the end of the transaction, whoever took the step.
create function ops.guard_release_step() returns trigger
language plpgsql
as $$
begin
    if not exists (
        select from ops.release_event_log as e where e.release_id = new.release_id and e.event = new.state
    ) then
        raise exception 'release % became % and nobody is named for it in ops.release_event_log', new.release_id, new.state
            using errcode = 'TD002';
    end if;
    return null;
end
$$;
create constraint trigger release_step_is_told after update of state on ops.release
deferrable initially deferred for each row when (new.state <> old.state) execute function ops.guard_release_step();

create table publish.revision (
    release_id bigint not null,
    previous_release_id bigint not null,
    period text not null,
    district_code text not null,
    indicator_code text not null,
    scope text not null,
    breakdown text not null,
    breakdown_value text not null,
    kind text not null check (kind in ('changed', 'added', 'removed')),
    changed text[] not null,
    old_value numeric,
    old_status text,
    new_value numeric,
    new_status text,
    primary key (release_id, period, district_code, indicator_code, scope, breakdown, breakdown_value),
    check (
        coalesce(old_status, '') not like 'suppressed%' and coalesce(new_status, '') not like 'suppressed%'
        or num_nonnulls(old_value, new_value) = 0
    )
);
comment on table publish.revision is 'One row per release and cell that the release published before it had shown otherwise; months new to the release are no revisions.';
comment on column publish.revision.district_code is '370200 for the whole city, else as in publish.district_monthly.';
comment on column publish.revision.changed is 'Which of value, yoy, mom, ytd and cell_status differ; where either cell is suppressed, cell_status alone, and no value is told.';

create table publish.revision_cause (
    release_id bigint not null,
    previous_release_id bigint not null,
    indicator_code text not null,
    kind text not null check (kind in (
        'delivery', 'delivery_withdrawn', 'delivery_restated', 'decision', 'contract', 'policy', 'definition', 'model',
        'code', 'library')),
    subject text not null,
    is_own boolean not null,
    detail text not null,
    primary key (release_id, indicator_code, kind, subject)
);
comment on table publish.revision_cause is 'One row per release, revised indicator and input that differs between the manifests of the release and the one before it: what can have changed its cells.';
comment on column publish.revision_cause.is_own is 'The input is a dataset the indicator is made of; otherwise one that says who and where enterprises are, or a rule for all.';

create view publish.revision_latest as
select v.* from publish.revision as v
where v.release_id = (select max(release_id) from ops.release where state = 'published');
create view publish.revision_cause_latest as
select c.* from publish.revision_cause as c
where c.release_id = (select max(release_id) from ops.release where state = 'published');

do $$
declare
    guarded text;
begin
    foreach guarded in array array['revision', 'revision_cause'] loop
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

create function publish.revision_between(earlier bigint, later bigint)
returns table (period text, district_code text, indicator_code text, scope text, breakdown text, breakdown_value text,
    kind text, changed text[], old_value numeric, old_status text, new_value numeric, new_status text)
language sql stable
as $$
with both_released as (
    select least(max(r.period) filter (where r.release_id = earlier), max(r.period) filter (where r.release_id = later)) as until
    from ops.release as r where r.release_id in (earlier, later)
),
cell as (
    select d.release_id, d.period, d.district_code, d.indicator_code, d.scope, d.breakdown, d.breakdown_value,
        d.value, d.yoy, d.mom, d.ytd, d.cell_status
    from publish.district_monthly as d, both_released as b
    where d.release_id in (earlier, later) and d.period <= b.until
    union all
    select c.release_id, c.period, '370200', c.indicator_code, c.scope, c.breakdown, c.breakdown_value,
        c.value, c.yoy, c.mom, c.ytd, c.cell_status
    from publish.city_monthly as c, both_released as b
    where c.release_id in (earlier, later) and c.period <= b.until
),
pair as (
    select period, district_code, indicator_code, scope, breakdown, breakdown_value, o.cell_status as old_status,
        n.cell_status as new_status, o.value as old_value, n.value as new_value,
        o.yoy is distinct from n.yoy as yoy, o.mom is distinct from n.mom as mom, o.ytd is distinct from n.ytd as ytd,
        coalesce(o.cell_status like 'suppressed%', false) or coalesce(n.cell_status like 'suppressed%', false) as is_hidden
    from (select * from cell where release_id = earlier) as o
    full join (select * from cell where release_id = later) as n
        using (period, district_code, indicator_code, scope, breakdown, breakdown_value)
    where (o.value, o.yoy, o.mom, o.ytd, o.cell_status) is distinct from (n.value, n.yoy, n.mom, n.ytd, n.cell_status)
)
select p.period, p.district_code, p.indicator_code, p.scope, p.breakdown, p.breakdown_value,
    case when p.old_status is null then 'added' when p.new_status is null then 'removed' else 'changed' end,
    array_remove(array[
        case when not p.is_hidden and p.old_value is distinct from p.new_value then 'value' end,
        case when not p.is_hidden and p.yoy then 'yoy' end,
        case when not p.is_hidden and p.mom then 'mom' end,
        case when not p.is_hidden and p.ytd then 'ytd' end,
        case when p.old_status is distinct from p.new_status then 'cell_status' end], null),
    case when not p.is_hidden then p.old_value end, p.old_status,
    case when not p.is_hidden then p.new_value end, p.new_status
from pair as p
where not p.is_hidden or p.old_status is distinct from p.new_status
$$;
comment on function publish.revision_between is 'One row per cell that two releases show otherwise, of months both speak of; a cell suppressed in either tells its statuses and no value.';

alter table ops.alert_event drop constraint alert_event_kind_check;
alter table ops.alert_event add constraint alert_event_kind_check
check (kind in ('missed_deadline', 'late_delivery', 'release_due', 'release_late'));
comment on column ops.alert_event.subject is 'What the alert speaks of: a run (DAG id and run id), a dataset and the day its delivery was due, or the month a release was due for.';
