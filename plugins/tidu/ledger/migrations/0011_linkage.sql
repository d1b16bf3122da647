-- What reviewers decide about who is who, and what every build's linkage measured before its links were let through.

create index on ops.decision (state, decision_id) where subject like 'party:%' or subject like 'enterprise:%';
comment on column ops.decision.subject is 'What is decided about: quarantine:<id>, delivery:<id>, party:<kind>|<number>, enterprise:<id>, linkage:<business date>, or a release''s number.';

create table ops.linkage_bound (
    metric text primary key,
    lowest numeric,
    highest numeric
);
comment on table ops.linkage_bound is 'One row per bounded measure of linkage, as policies/linkage.yml had it when the links were built last.';

create table ops.linkage_label (
    party_kind text not null,
    party_no text not null,
    other_kind text not null,
    other_no text not null,
    is_same boolean not null,
    primary key (party_kind, party_no, other_kind, other_no)
);
comment on table ops.linkage_label is 'One row per labelled pair of parties, as the file of labels had it when the links were built last.';

create table ops.linkage_metric (
    run_id text not null,
    as_of date not null,
    metric text not null,
    value numeric,
    judged numeric,
    previous numeric,
    lowest numeric,
    highest numeric,
    state text not null check (state in ('within', 'beyond', 'accepted', 'unbounded')),
    detail jsonb not null default '{}',
    build_no bigint generated always as identity,
    measured_at timestamptz not null default now(),
    primary key (run_id, metric, build_no)
);
create index on ops.linkage_metric (metric, build_no);
comment on table ops.linkage_metric is 'One row per build of the links and measure: value, what of it is held against the bounds (judged), the value of the last build that was let through (previous), and what became of it.';
