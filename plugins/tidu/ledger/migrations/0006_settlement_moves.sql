-- Rows that move after they were settled: in which pass a delivery was settled, checksums beside the counts, what was
-- decided about a quarantined row, deliveries that wait for a decision, and what a build has to take in again.

create sequence ops.settlement_pass;

alter table ops.delivery
    add column settled_pass bigint,
    add column hold_reason text,
    add column restated integer not null default 0,
    add column restated_taken integer not null default 0;
comment on column ops.delivery.settled_pass is 'Pass of validation that settled the delivery; passes follow each other, and within one the order is (delivered_on, delivery_id).';
comment on column ops.delivery.hold_reason is 'Why a validated delivery waits for a decision; null where none waits.';
comment on column ops.delivery.restated is 'How often its accepted rows changed by a decision after they were settled.';
comment on column ops.delivery.restated_taken is 'restated as the newest build found it; where the two differ the next build takes the delivery in again.';

-- What one pass settled was recorded as validated at one instant.
update ops.delivery as d set settled_pass = p.pass
from (
    select v.delivery_id, dense_rank() over (order by v.started_at, v.dataset) as pass
    from (select distinct on (delivery_id) delivery_id, dataset, started_at from ops.validation_run order by delivery_id, run_id desc) as v
) as p
where p.delivery_id = d.delivery_id and d.state = 'accepted';
select setval('ops.settlement_pass', coalesce(max(settled_pass), 0) + 1, false) from ops.delivery;

-- Hash of a row: its key fields as delivered and its place, whatever became of it. Rows settled before this migration get
-- theirs when the landing tables are next made, since only the contracts know the keys.
alter table ops.accepted_row add column row_hash bigint;
alter table ops.row_set_aside add column row_hash bigint;
comment on column ops.accepted_row.row_hash is 'Hash of the key fields as delivered and row_no, see tidu.contracts.derive.row_hash.';

alter table ops.row_ledger
    add column keys_delivered numeric,
    add column keys_accepted numeric,
    add column keys_quarantined numeric,
    add column keys_duplicate numeric,
    add column keys_superseded numeric,
    add constraint row_ledger_keys_balance check (
        num_nulls(keys_delivered, keys_accepted, keys_quarantined, keys_duplicate, keys_superseded) = 0
        and keys_delivered = keys_accepted + keys_quarantined + keys_duplicate + keys_superseded
    ) not valid,
    add constraint row_ledger_no_negative check (
        least(rows_accepted, rows_quarantined, rows_duplicate, rows_superseded) >= 0
    );
comment on column ops.row_ledger.keys_delivered is 'Sum of the row hashes of all delivered rows, made from raw; the other keys_ sums are made from the outcomes.';

alter table ops.quarantine
    add column row_hash bigint,
    add column key text,
    add column redelivered_by bigint references ops.delivery,
    add column repaired boolean not null default false,
    add column waived_rules text[] not null default '{}',
    add column waived_until date;
comment on column ops.quarantine.key is 'Key without version as read, of the row as it stands (repairs laid over); null where it cannot be read.';
comment on column ops.quarantine.redelivered_by is 'First later delivery that brought the key in a row that broke no rule.';
comment on column ops.quarantine.repaired is 'A corrected row stands in place of the delivered one, in raw.<dataset>_repair.';
comment on column ops.quarantine.waived_rules is 'Rules this row may break by decision, until waived_until (the last day; null: for good).';
create index on ops.quarantine (dataset, state);
create index on ops.quarantine using hash (key);

alter table ops.decision add column detail jsonb not null default '{}';
comment on column ops.decision.detail is 'What exactly was decided, enough to apply it again: delivery and row, corrected fields, waived rules.';
create index on ops.decision (subject);
