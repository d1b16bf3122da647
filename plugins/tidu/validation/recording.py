"""Writing down what a pass settled: outcomes, ledger, state of the deliveries; one transaction with the judging.

The ledger balances twice, by counts and by sums of row hashes. What was delivered is counted from raw, the four
outcomes from the records they leave, so the check constraint of ops.row_ledger compares two ways of counting.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

from tidu.contracts import DatasetContract
from tidu.contracts.derive.row_hash import row_hash_sql
from tidu.validation.predicates import quoted
from tidu.validation.readings import table
from tidu.validation.settlement import CONFLICT

LONGEST_KEY_BYTES = 1000


def delivered_sql(contract: DatasetContract) -> str:
    """Return SQL that makes pg_temp.delivered: per pending delivery its rows and the sum of their hashes, from raw."""
    return f"""
create temporary table delivered as
select delivery_id, count(*) as n, sum(_hash) as keys from {table(contract)} group by delivery_id
union all
select r.delivery_id, count(*), sum({row_hash_sql(contract)})
from raw.{contract.name} as r join pg_temp.pending_delivery as p using (delivery_id) where p.repeats
group by r.delivery_id
"""


def recording_sql(contract: DatasetContract) -> str:
    """Return SQL that writes the outcomes to the ledger and marks the deliveries accepted by a new pass."""
    dataset = contract.name
    return f"""
insert into ops.accepted_row (dataset, delivery_id, row_no, key, version, content, row_hash)
select '{dataset}', delivery_id, row_no, key, version, content, hash
from pg_temp.candidate where outcome = 'accepted' order by place, row_no;

insert into ops.row_set_aside (delivery_id, row_no, dataset, outcome, of_delivery_id, of_row_no, row_hash)
select delivery_id, row_no, '{dataset}', outcome, of_delivery_id, of_row_no, hash
from pg_temp.set_aside where outcome <> 'conflict'
union all
select r.delivery_id, r.row_no, '{dataset}', 'duplicate', p.repeats_delivery_id, r.row_no, {row_hash_sql(contract)}
from raw.{dataset} as r join pg_temp.pending_delivery as p using (delivery_id) where p.repeats and not p.kept_out;

insert into ops.quarantine (delivery_id, dataset, row_no, source_key, payload, rules, row_hash, key)
select r.delivery_id, '{dataset}', r.row_no, {source_key(contract)}, {payload()}, q.rules, q.hash, q.key
from (
    select t.delivery_id, t.row_no, t._broken as rules, p.place, t._hash as hash,
        case when octet_length(t._key) <= {LONGEST_KEY_BYTES} then t._key end as key
    from {table(contract)} as t join pg_temp.pending_delivery as p using (delivery_id)
    where t._broken is not null and not p.kept_out
    union all
    select s.delivery_id, s.row_no, array['{CONFLICT}'], p.place, s.hash, s.key
    from pg_temp.set_aside as s join pg_temp.pending_delivery as p using (delivery_id) where s.outcome = 'conflict'
) as q
join raw.{dataset} as r using (delivery_id, row_no)
order by q.place, q.row_no;
{redelivery_sql(contract)}
insert into ops.row_ledger (
    delivery_id, dataset, rows_delivered, rows_accepted, rows_quarantined, rows_duplicate, rows_superseded,
    keys_delivered, keys_accepted, keys_quarantined, keys_duplicate, keys_superseded)
select p.delivery_id, '{dataset}', p.rows_delivered, coalesce(a.n, 0), coalesce(q.n, 0), coalesce(s.d, 0),
    coalesce(s.s, 0), coalesce(t.keys, 0), coalesce(a.keys, 0), coalesce(q.keys, 0), coalesce(s.dk, 0),
    coalesce(s.sk, 0)
from pg_temp.pending_delivery as p
left join pg_temp.delivered as t using (delivery_id)
left join (
    select delivery_id, count(*) as n, sum(hash) as keys
    from pg_temp.candidate where outcome = 'accepted' group by delivery_id
) as a using (delivery_id)
left join (
    select delivery_id, count(*) as n, sum(row_hash) as keys
    from ops.quarantine where delivery_id in (select delivery_id from pg_temp.pending_delivery) group by delivery_id
) as q using (delivery_id)
left join (
    select delivery_id, count(*) filter (where outcome = 'duplicate') as d,
        count(*) filter (where outcome = 'superseded') as s,
        sum(row_hash) filter (where outcome = 'duplicate') as dk,
        sum(row_hash) filter (where outcome = 'superseded') as sk
    from ops.row_set_aside where delivery_id in (select delivery_id from pg_temp.pending_delivery) group by delivery_id
) as s using (delivery_id)
where not p.kept_out;

with this_pass as materialized (select nextval('ops.settlement_pass') as number)
update ops.delivery as d set state = 'accepted', settled_pass = s.number, hold_reason = null
from pg_temp.pending_delivery as p, this_pass as s
where p.delivery_id = d.delivery_id and not p.kept_out;
"""


def redelivery_sql(contract: DatasetContract, nested_loops: str = "on") -> str:
    """Return SQL that notes at open quarantined rows which later delivery of this pass brought their key well.

    Without nested loops: nothing is known yet of tables filled in this transaction, and a plan that takes them for
    small would compare every row with every other. `nested_loops` is how the session goes on.
    """
    return f"""
set local enable_nestloop = off;
update ops.quarantine as q set redelivered_by = f.delivery_id
from (
    select distinct on (o.quarantine_id) o.quarantine_id, c.delivery_id
    from ops.quarantine as o
    join ops.delivery as d using (delivery_id)
    join pg_temp.candidate as c on c.key = o.key
    join pg_temp.pending_delivery as p on p.delivery_id = c.delivery_id
    left join pg_temp.set_aside as s on s.delivery_id = c.delivery_id and s.row_no = c.row_no
    where o.dataset = '{contract.name}' and o.state = 'open' and o.redelivered_by is null
        and (p.delivered_on, p.delivery_id) > (d.delivered_on, d.delivery_id)
        and coalesce(s.outcome, 'duplicate') = 'duplicate'
    order by o.quarantine_id, p.place
) as f
where f.quarantine_id = q.quarantine_id;
set local enable_nestloop = {nested_loops};
"""


def source_key(contract: DatasetContract) -> str:
    """Return SQL for the source key of the raw row `r`: all key fields as delivered, joined by a bar."""
    return " || '|' || ".join(f"coalesce(r.{quoted(k)}, '')" for k in contract.key)


def payload() -> str:
    """Return SQL for every field of the raw row `r` as delivered, undeclared columns included."""
    return "to_jsonb(r) - array['delivery_id', 'row_no', '_extra'] || coalesce(r._extra, '{}')"
