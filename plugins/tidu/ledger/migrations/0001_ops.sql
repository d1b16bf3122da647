-- The platform's own records: what was delivered, how it was judged, what was decided, what was run.
create schema if not exists raw;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists mart;
create schema if not exists publish;
create schema if not exists ops;

create table ops.delivery (
    delivery_id bigint generated always as identity primary key,
    dataset text not null,
    delivered_on date not null,
    transport text not null,
    source_uri text not null,
    received_at timestamptz not null default now(),
    sha256 text not null,
    bytes bigint not null,
    rows_delivered bigint,
    state text not null check (state in ('received', 'loaded', 'validated', 'accepted', 'rejected')),
    contract_version text not null,
    landed_uri text not null,
    source_token text not null default '',
    announced_sha256 text,
    announced_rows bigint,
    content_sha256 text,
    repeats_delivery_id bigint references ops.delivery,
    reject_reason text,
    drift jsonb not null default '{}',
    building boolean not null default false,
    built_at timestamptz,
    unique (dataset, source_uri, sha256)
);
create index on ops.delivery (dataset, delivered_on);
comment on table ops.delivery is 'One row per delivery (file or batch) ever received; the same delivery twice is one row.';
comment on column ops.delivery.repeats_delivery_id is 'An earlier delivery of the same dataset and date with the same content: all rows of this one are duplicates.';
comment on column ops.delivery.drift is 'Columns beyond or short of the contract: {"extra": [...], "missing": [...], "reordered": bool}; also {"nul_replaced": n, "ragged_rows": n} where found.';
comment on column ops.delivery.landed_uri is 'Path of the immutable file below the landing root.';
comment on column ops.delivery.source_token is 'How the source looked when it was fetched (size and time of a file): another token means fetch again.';
comment on column ops.delivery.announced_sha256 is 'What the sender says about the file (companion .ok); announced_rows likewise. Null where nothing is said.';
comment on column ops.delivery.content_sha256 is 'Hash of the rows in contract order, whatever file they came in.';
comment on column ops.delivery.building is 'True while a build of the master takes this accepted delivery in; see tidu.transform.';

create table ops.row_ledger (
    delivery_id bigint primary key references ops.delivery,
    dataset text not null,
    rows_delivered bigint not null,
    rows_accepted bigint not null,
    rows_quarantined bigint not null,
    rows_duplicate bigint not null,
    rows_superseded bigint not null,
    check (rows_delivered = rows_accepted + rows_quarantined + rows_duplicate + rows_superseded)
);
comment on table ops.row_ledger is 'One row per settled delivery: every delivered row is accepted, quarantined, duplicate or superseded.';

create table ops.accepted_row (
    dataset text not null,
    delivery_id bigint not null,
    row_no integer not null,
    key text not null,
    version bigint not null,
    content uuid not null
) partition by list (dataset);
comment on table ops.accepted_row is 'One row per accepted row: key without version, rank of its version (0 where the dataset has none), md5 of its content as read.';

create table ops.row_set_aside (
    delivery_id bigint not null,
    row_no integer not null,
    dataset text not null,
    outcome text not null check (outcome in ('duplicate', 'superseded')),
    of_delivery_id bigint,
    of_row_no integer,
    primary key (delivery_id, row_no)
);
comment on table ops.row_set_aside is 'One row per duplicate or superseded row, with the accepted row that stands in its place.';

create table ops.quarantine (
    quarantine_id bigint generated always as identity primary key,
    delivery_id bigint not null references ops.delivery,
    dataset text not null,
    row_no integer not null,
    source_key text not null,
    payload jsonb not null,
    rules text[] not null check (cardinality(rules) > 0),
    state text not null default 'open' check (state in ('open', 'released', 'repaired', 'waived', 'discarded')),
    decided_by text,
    decided_at timestamptz,
    reason text,
    unique (delivery_id, row_no)
);
comment on table ops.quarantine is 'One row per delivered row that broke a rule: every broken rule and every field as delivered.';

create table ops.validation_run (
    run_id bigint generated always as identity primary key,
    delivery_id bigint not null references ops.delivery,
    dataset text not null,
    suite_version text not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    success boolean not null,
    evaluated integer not null,
    failed integer not null
);
create index on ops.validation_run (delivery_id);
create table ops.validation_result (
    run_id bigint not null references ops.validation_run,
    rule text not null,
    severity text not null check (severity in ('stop', 'warn', 'report')),
    column_name text,
    evaluated_rows bigint not null,
    failed_rows bigint not null,
    success boolean not null,
    observed jsonb not null default '{}',
    primary key (run_id, rule)
);
comment on table ops.validation_run is 'One row per delivery and run of its suite; evaluated and failed count rules.';
comment on table ops.validation_result is 'One row per rule of a validation run, contract rules and plausibility rules alike.';

create table ops.decision (
    decision_id bigint generated always as identity primary key,
    kind text not null check (kind in ('merge', 'split', 'override', 'waiver', 'exception', 'release')),
    subject text not null,
    evidence_sha256 text,
    decided_by text not null,
    decided_at timestamptz not null default now(),
    reason text,
    expires_on date,
    state text not null default 'active' check (state in ('active', 'stale', 'revoked'))
);

create table ops.correction_ticket (
    ticket_id bigint generated always as identity primary key,
    department text not null,
    dataset text not null,
    source_key text not null,
    attribute text,
    ours text,
    theirs text,
    evidence jsonb not null default '{}',
    opened_on date not null,
    due_on date,
    state text not null default 'open' check (state in ('open', 'closed')),
    closed_on date
);

create table ops.pipeline_run (
    run_id text primary key,
    dag_id text not null,
    logical_date timestamptz,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    state text not null check (state in ('running', 'success', 'failed', 'skipped')),
    rows_in bigint,
    rows_out bigint
);
create table ops.stage_run (
    stage_run_id bigint generated always as identity primary key,
    run_id text not null,
    stage text not null check (stage in ('pull', 'land', 'validate', 'settle', 'stage', 'link', 'mart', 'tier', 'monitor', 'release')),
    dataset text,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    rows_in bigint,
    rows_out bigint,
    state text not null default 'success' check (state in ('success', 'failed', 'skipped'))
);
create index on ops.stage_run (run_id);
create table ops.dbt_node_run (
    run_id text not null,
    stage text not null,
    node text not null,
    status text not null,
    seconds double precision not null,
    rows_affected bigint,
    message text
);
comment on table ops.dbt_node_run is 'One row per dbt node of a build: the per-model states of the one process that ran them.';
