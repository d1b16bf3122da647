"""Applying a re-settlement: the difference between what was recorded for some keys and what they are now.

pg_temp.row_before and pg_temp.row_after hold one row per row of the affected keys with its outcome; the ledger moves
by exactly the rows on which the two differ. Part of the transaction of tidu.validation.resettle.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

import psycopg

from tidu.contracts import DatasetContract
from tidu.validation.recording import payload, source_key
from tidu.validation.settlement import CONFLICT, accepted


def remember_standing(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Take the records of the affected keys away, keeping them in pg_temp.row_before.

    Also makes pg_temp.staying_row: the rows that go on taking part and are not moved themselves.
    """
    name = contract.name
    connection.execute(
        f"""
create temporary table row_before on commit drop as
with took as (
    select a.delivery_id, a.row_no, a.row_hash as hash
    from {accepted(contract)} as a join pg_temp.affected_key using (key)
)
select delivery_id, row_no, hash, 'accepted' as outcome, true as takes_part from took
union all
select s.delivery_id, s.row_no, s.row_hash, s.outcome, true
from ops.row_set_aside as s
join took as t on t.delivery_id = s.of_delivery_id and t.row_no = s.of_row_no
join ops.delivery as d on d.delivery_id = s.delivery_id and d.repeats_delivery_id is null
where s.dataset = '{name}'
union all
select q.delivery_id, q.row_no, q.row_hash, 'quarantined', q.state = 'open' and q.rules = array['{CONFLICT}']
from ops.quarantine as q
where q.dataset = '{name}' and q.state in ('open', 'discarded') and (
    q.key in (select key from pg_temp.affected_key) and q.state = 'open' and q.rules = array['{CONFLICT}']
    or q.quarantine_id in (select quarantine_id from pg_temp.moved_row));
create unique index on pg_temp.row_before (delivery_id, row_no);
analyze pg_temp.row_before;

create temporary table staying_row on commit drop as
select delivery_id, row_no from pg_temp.row_before
where takes_part and delivery_id not in (select delivery_id from pg_temp.gone_delivery)
except
select delivery_id, row_no from pg_temp.moved_row;
analyze pg_temp.staying_row;

delete from ops.row_set_aside as s using pg_temp.row_before as b
where b.delivery_id = s.delivery_id and b.row_no = s.row_no and b.outcome in ('duplicate', 'superseded');
delete from {accepted(contract)} as a using pg_temp.affected_key as k where k.key = a.key;
update ops.quarantine set redelivered_by = null
where dataset = '{name}' and redelivered_by is not null and key in (select key from pg_temp.affected_key);
""".encode()
    )


def hold_moved_rows(connection: psycopg.Connection) -> None:
    """Bring discarded rows, and moved rows that still break a rule, to their state."""
    connection.execute(
        """
update ops.quarantine as q set state = 'discarded'
from pg_temp.moved_row as m where m.quarantine_id = q.quarantine_id and m.discarded;
update ops.quarantine as q set state = 'open', rules = r._rules, key = r._key
from pg_temp.moved_row as m join pg_temp.moving_reading as r using (delivery_id, row_no)
where m.quarantine_id = q.quarantine_id and not m.discarded and r._broken is not null
    and (q.state, q.rules, q.key) is distinct from ('open', r._rules, r._key);
"""
    )


def conflicts_sql(contract: DatasetContract) -> str:
    """Return SQL that holds the rows of one pass which contradict an accepted one.

    Those not moved themselves are entered in pg_temp.follower.
    """
    return f"""
with held as (
    insert into ops.quarantine as q (delivery_id, dataset, row_no, source_key, payload, rules, row_hash, key)
    select r.delivery_id, '{contract.name}', r.row_no, {source_key(contract)}, {payload()}, array['{CONFLICT}'],
        s.hash, s.key
    from pg_temp.set_aside as s join raw.{contract.name} as r using (delivery_id, row_no)
    where s.outcome = 'conflict'
    order by r.delivery_id, r.row_no
    on conflict (delivery_id, row_no) do update set state = 'open', rules = excluded.rules, key = excluded.key
    where (q.state, q.rules, q.key) is distinct from ('open', excluded.rules, excluded.key)
    returning q.quarantine_id
)
insert into pg_temp.follower
select quarantine_id from held where quarantine_id not in (select quarantine_id from pg_temp.moved_row);
"""


def apply_moves(connection: psycopg.Connection, by: str, reason: str) -> None:
    """Bring quarantine, ledger and deliveries to what pg_temp.row_after says."""
    connection.execute(RELEASED + LEDGER + RESTATED)
    connection.execute(
        "update ops.quarantine set decided_by = %s, decided_at = now(), reason = %s"
        " where quarantine_id in (select quarantine_id from pg_temp.follower)",
        [by, f"follows from: {reason}"],
    )


RELEASED = """
with let_in as (
    update ops.quarantine as q set state = case
            when q.repaired then 'repaired' when q.waived_rules <> '{}' then 'waived' else 'released'
        end, key = a.key
    from pg_temp.row_after as a
    where a.delivery_id = q.delivery_id and a.row_no = q.row_no and a.outcome <> 'quarantined'
        and (q.state in ('open', 'discarded') or q.quarantine_id in (select quarantine_id from pg_temp.moved_row))
    returning q.quarantine_id
)
insert into pg_temp.follower
select quarantine_id from let_in where quarantine_id not in (select quarantine_id from pg_temp.moved_row);
"""
"""Names why rows held until now are in: repaired, waived, or no rule holds them any more (released)."""


LEDGER = """
update ops.row_ledger as l set
    rows_accepted = l.rows_accepted + m.rows_accepted, keys_accepted = l.keys_accepted + m.keys_accepted,
    rows_quarantined = l.rows_quarantined + m.rows_quarantined,
    keys_quarantined = l.keys_quarantined + m.keys_quarantined,
    rows_duplicate = l.rows_duplicate + m.rows_duplicate, keys_duplicate = l.keys_duplicate + m.keys_duplicate,
    rows_superseded = l.rows_superseded + m.rows_superseded, keys_superseded = l.keys_superseded + m.keys_superseded
from (
    select delivery_id,
        coalesce(sum(sign) filter (where outcome = 'accepted'), 0) as rows_accepted,
        coalesce(sum(sign * hash::numeric) filter (where outcome = 'accepted'), 0) as keys_accepted,
        coalesce(sum(sign) filter (where outcome = 'quarantined'), 0) as rows_quarantined,
        coalesce(sum(sign * hash::numeric) filter (where outcome = 'quarantined'), 0) as keys_quarantined,
        coalesce(sum(sign) filter (where outcome = 'duplicate'), 0) as rows_duplicate,
        coalesce(sum(sign * hash::numeric) filter (where outcome = 'duplicate'), 0) as keys_duplicate,
        coalesce(sum(sign) filter (where outcome = 'superseded'), 0) as rows_superseded,
        coalesce(sum(sign * hash::numeric) filter (where outcome = 'superseded'), 0) as keys_superseded
    from (
        select delivery_id, outcome, hash, -1 as sign from pg_temp.row_before
        union all
        select b.delivery_id, coalesce(a.outcome, 'quarantined'), b.hash, 1
        from pg_temp.row_before as b left join pg_temp.row_after as a using (delivery_id, row_no)
    ) as step
    group by delivery_id
) as m
where m.delivery_id = l.delivery_id;
"""
"""A row of the affected keys that has no outcome any more is held back. Withdrawn deliveries have no ledger row."""

RESTATED = """
update ops.delivery as d set restated = d.restated + 1
where d.delivery_id in (
    select delivery_id from pg_temp.row_before as b full join pg_temp.row_after as a using (delivery_id, row_no)
    where (coalesce(b.outcome, '') = 'accepted') <> (coalesce(a.outcome, '') = 'accepted')
        or a.outcome = 'accepted' and (delivery_id, row_no) in (select delivery_id, row_no from pg_temp.moved_row)
    union
    select delivery_id from pg_temp.gone_delivery
);
"""
