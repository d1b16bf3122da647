-- Alerts of the orchestration: one row per kind and subject.
create table ops.alert_event (
    alert_id bigint generated always as identity primary key,
    kind text not null check (kind in ('missed_deadline')),
    subject text not null,
    message text not null,
    raised_at timestamptz not null default now(),
    unique (kind, subject)
);
comment on table ops.alert_event is 'One row per alert raised; subject names the run (DAG id and run id) it speaks of.';
