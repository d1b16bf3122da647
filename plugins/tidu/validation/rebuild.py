"""Settling a whole dataset again from its raw rows: every pass and every decision in the order in which they were.

One transaction under the dataset's locks, so nobody sees a half-settled dataset and a crash leaves everything as it
was. Numbers that others hold stay: delivery_id, settled_pass, quarantine_id. Decisions are applied by the functions
that reviewers use, from what ops.decision says of them; no new ones are recorded. Rules are today's: where a contract
changed since, rows may come out otherwise, and the comparison says how many.
"""

# ruff: noqa: S608 - SQL is composed from contract names only; values are parameters

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from tidu.contracts import DatasetContract
from tidu.contracts import contract as contract_of
from tidu.ledger.locks import lock_intake
from tidu.validation.happenings import Happening, happenings
from tidu.validation.holding import hold_shrunk
from tidu.validation.judgement import judge, take_pending
from tidu.validation.readings import table
from tidu.validation.recording import recording_sql
from tidu.validation.redoing import redo
from tidu.validation.results import reject_stopped
from tidu.validation.reviewing import moving
from tidu.validation.settlement import accepted, judging_sql

TEMPORARY = "pending_delivery, verdict, delivered, candidate, set_aside"


@dataclass(frozen=True)
class Rebuilt:
    """What settling a dataset again came to."""

    dataset: str
    passes: int
    decisions: int
    changed: dict[str, int]
    """Rows by table that are not as they were; empty when all came out the same."""


def settle_anew(dataset: str) -> Rebuilt:
    """Drop the outcomes of every row of a dataset and settle them again; return how that compares.

    Needs raw as landing made it. Idempotence: a second call gives the same rows. Runs with the login's own rights:
    it takes away what no stage may.
    """
    contract = contract_of(dataset)
    with moving([dataset]) as connection:
        lock_intake(connection, dataset)
        steps = happenings(connection, dataset)
        _remember(connection, contract)
        _clear(connection, contract)
        for step in steps:
            if step.kind == "pass":
                _settle_pass(connection, contract, step)
            else:
                redo(connection, contract, step)
            _keep_numbers(connection, dataset)
        _stand_again(connection, contract)
        changed = _changed(connection, contract)
    passes = sum(step.kind == "pass" for step in steps)
    return Rebuilt(dataset, passes, len(steps) - passes, changed)


def _compared(contract: DatasetContract) -> dict[str, str]:
    """Return by name the queries whose rows have to be the same before and after."""
    name = contract.name
    return {
        "accepted_row": f"select * from {accepted(contract)}",
        "row_set_aside": f"select * from ops.row_set_aside where dataset = '{name}'",
        "quarantine": f"select * from ops.quarantine where dataset = '{name}'",
        "row_ledger": f"select * from ops.row_ledger where dataset = '{name}'",
        "repair": f"select * from raw.{name}_repair",
        "delivery": "select delivery_id, state, settled_pass, rows_delivered, reject_reason, hold_reason"
        f" from ops.delivery where dataset = '{name}'",
    }


def _remember(connection: psycopg.Connection, contract: DatasetContract) -> None:
    for name, query in _compared(contract).items():
        connection.execute(f"create temporary table {name}_before on commit drop as {query}".encode())
    connection.execute("create unique index on pg_temp.quarantine_before (delivery_id, row_no)")
    connection.execute(
        "create temporary table restated_before on commit drop as"
        " select delivery_id, state, restated from ops.delivery where dataset = %s",
        [contract.name],
    )


def _clear(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Take all outcomes away. Deliveries wait in state received until their pass; those of no pass stay as they are."""
    name = contract.name
    connection.execute(
        f"""
delete from {accepted(contract)};
delete from ops.row_set_aside where dataset = '{name}';
delete from ops.quarantine where dataset = '{name}';
delete from ops.row_ledger where dataset = '{name}';
delete from raw.{name}_repair;
update ops.delivery set state = 'received', restated = 0, reject_reason = null
where dataset = '{name}' and (settled_pass is not null or state = 'loaded');
update ops.delivery as d set rows_delivered = n.n
from (
    select p.delivery_id, count(r.row_no) as n
    from ops.delivery as p left join raw.{name} as r using (delivery_id)
    where p.dataset = '{name}' group by p.delivery_id
) as n
where n.delivery_id = d.delivery_id and d.settled_pass is not null and d.rows_delivered is distinct from n.n;
""".encode()
    )


def _settle_pass(connection: psycopg.Connection, contract: DatasetContract, step: Happening) -> None:
    """Settle the deliveries of one pass as validation did, without the suite, and give them their number back."""
    connection.execute(f"drop table if exists {TEMPORARY}".encode())
    connection.execute("update ops.delivery set state = 'loaded' where delivery_id = any(%s)", [step.ids])
    take_pending(connection, contract.name)
    judge(connection, contract)
    reject_stopped(connection, contract)
    hold_shrunk(connection, contract)
    known = connection.execute(f"select exists (select from {accepted(contract)})".encode()).fetchone()
    connection.execute(judging_sql(contract, has_history=known == (True,)).encode())
    connection.execute(recording_sql(contract).encode())
    connection.execute(f"drop table {table(contract)}".encode())
    connection.execute(
        "update ops.delivery set settled_pass = %s where delivery_id = any(%s) and state = 'accepted'",
        [step.after_pass, step.ids],
    )


def _keep_numbers(connection: psycopg.Connection, dataset: str) -> None:
    """Give quarantined rows the numbers they had: decisions and tickets name them by these."""
    (columns,) = connection.execute(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
        " where attrelid = 'ops.quarantine'::regclass and attnum > 0 and not attisdropped"
        " and attname <> 'quarantine_id'"
    ).fetchone() or ("",)
    connection.execute("drop table if exists pg_temp.renumbered")
    connection.execute(
        f"""
create temporary table renumbered on commit drop as
select b.quarantine_id as number, q.* from ops.quarantine as q
join pg_temp.quarantine_before as b using (delivery_id, row_no)
where q.dataset = '{dataset}' and q.quarantine_id <> b.quarantine_id;
delete from ops.quarantine as q using pg_temp.renumbered as r where r.quarantine_id = q.quarantine_id;
insert into ops.quarantine (quarantine_id, {columns}) overriding system value
select number, {columns} from pg_temp.renumbered;
""".encode()
    )


def _stand_again(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Give deliveries and released rows the standing that no replay brings back.

    A delivery is restated once more only if its accepted rows came out otherwise: the next build then takes it in. What
    today's contract lets in by itself was held once, which stays on record.
    """
    before, now = "pg_temp.accepted_row_before", accepted(contract)
    connection.execute(
        f"""
update ops.delivery as d set state = case b.state when 'loaded' then b.state else d.state end,
    restated = b.restated + (d.delivery_id in (
        select delivery_id from ((select * from {before} except select * from {now})
            union all (select * from {now} except select * from {before})) as otherwise))::integer
from pg_temp.restated_before as b where b.delivery_id = d.delivery_id;
insert into ops.quarantine overriding system value select b.* from pg_temp.quarantine_before as b
where b.state = 'released' on conflict (delivery_id, row_no) do nothing;
""".encode()
    )


def _changed(connection: psycopg.Connection, contract: DatasetContract) -> dict[str, int]:
    """Return by table how many rows are there now or were there before, but not both."""
    found = {}
    for name, query in _compared(contract).items():
        before = f"select b::text from pg_temp.{name}_before as b"
        now = f"select n::text from ({query}) as n"
        only = f"(({before}) except all ({now})) union all (({now}) except all ({before}))"
        row = connection.execute(f"select count(*) from ({only}) as d".encode()).fetchone()
        if row and row[0]:
            found[name] = int(row[0])
    return found
