"""One pass of validation over a dataset: rules, suite, settlement.

Order: the readings table is filled and committed (Great Expectations looks at it through its own
connection); then one transaction settles every row and writes all records. A crash before that
commit leaves the deliveries `loaded`, and the next pass starts anew.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from tidu.contracts import DatasetContract
from tidu.contracts import contract as contract_of
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.runs import stage
from tidu.validation.checkpoint import run_suite
from tidu.validation.drift import note_drift
from tidu.validation.holding import hold_shrunk
from tidu.validation.readings import readings_sql, table
from tidu.validation.recording import delivered_sql, recording_sql
from tidu.validation.results import (
    collect_contract_verdicts,
    count_conflicts,
    enter_suite_verdicts,
    record,
    reject_stopped,
)
from tidu.validation.settlement import judging_sql
from tidu.validation.suite import suite_rules, suite_version

LOCK_SPACE = 7_411_002


@dataclass(frozen=True)
class Outcome:
    """What one pass did; counts are rows and sum up over the settled deliveries."""

    dataset: str
    settled: list[int]
    """delivery_ids settled, in order."""
    rejected: list[int]
    """delivery_ids kept out by a rule of severity stop."""
    held: list[int]
    """delivery_ids that wait for a decision."""
    rows_delivered: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    rows_superseded: int = 0
    rules_failed: int = 0
    """Rules broken by at least one row, summed over the deliveries judged."""


@acting_as(Role.VALIDATE)
def validate(dataset: str, run_id: str, contract: DatasetContract | None = None, *, suite: bool = True) -> Outcome:
    """Judge and settle every `loaded` delivery of `dataset`, in order of (delivered_on, delivery_id).

    Writes ops.accepted_row, quarantine, row_set_aside, row_ledger, validation_run, validation_result
    and the deliveries' state in one transaction; stage_run rows `validate` and `settle`.
    Idempotence: with nothing loaded nothing changes. Two passes over one dataset wait for each other.
    `contract` replaces the catalogue's; without `suite` Great Expectations is left out. Cost grows with
    the pending rows, not with history.
    """
    contract = contract or contract_of(dataset)
    with connect(autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s, hashtext(%s))", [LOCK_SPACE, dataset])
        connection.execute("set datestyle = 'ISO'; set timezone = 'UTC'")
        with stage(run_id, "validate", dataset) as progress:
            started_at = dt.datetime.now(dt.UTC)
            if not take_pending(connection, dataset):
                progress.skipped = True
                return Outcome(dataset, [], [], [])
            progress.rows_in = progress.rows_out = judge(connection, contract)
            rules = suite_rules(contract)
            if suite and progress.rows_in:
                enter_suite_verdicts(connection, run_suite(connection, contract, rules, run_id))
        with stage(run_id, "settle", dataset) as progress:
            outcome = _settle(connection, contract, suite_version(contract, rules), started_at)
            progress.rows_in, progress.rows_out = outcome.rows_delivered, outcome.rows_accepted
    return outcome


def judge(connection: psycopg.Connection, contract: DatasetContract) -> int:
    """Read every pending row once and weigh it by every rule; return how many rows there are."""
    connection.execute(readings_sql(contract).encode())
    connection.execute(f"analyze {table(contract)} (delivery_id, _key, _broken)".encode())
    connection.execute(delivered_sql(contract).encode())
    collect_contract_verdicts(connection, contract)
    return _count(connection, f"select count(*) from {table(contract)}")


def _settle(
    connection: psycopg.Connection, contract: DatasetContract, version: str, started_at: dt.datetime
) -> Outcome:
    """Give every row its outcome and write all records, in one transaction."""
    has_history = _count(
        connection, f"select count(*) from (select from ops.accepted_row_{contract.name} limit 1) as first_row"
    )
    with connection.transaction():
        reject_stopped(connection, contract)
        hold_shrunk(connection, contract)
        connection.execute(judging_sql(contract, has_history=bool(has_history)).encode())
        count_conflicts(connection)
        connection.execute(recording_sql(contract).encode())
        record(connection, contract, version, started_at)
        note_drift(connection, contract)
        outcome = _outcome(connection, contract.name)
    connection.execute(f"drop table {table(contract)}".encode())
    return outcome


def _outcome(connection: psycopg.Connection, dataset: str) -> Outcome:
    with connection.cursor(row_factory=class_row(Outcome)) as cursor:
        cursor.execute(
            """
            select %s::text as dataset,
                coalesce(array_agg(p.delivery_id order by p.place) filter (where not p.kept_out), '{}') as settled,
                coalesce(array_agg(p.delivery_id order by p.place) filter (where p.rejected), '{}') as rejected,
                coalesce(array_agg(p.delivery_id order by p.place) filter (where p.held), '{}') as held,
                coalesce(sum(l.rows_delivered), 0)::bigint as rows_delivered,
                coalesce(sum(l.rows_accepted), 0)::bigint as rows_accepted,
                coalesce(sum(l.rows_quarantined), 0)::bigint as rows_quarantined,
                coalesce(sum(l.rows_duplicate), 0)::bigint as rows_duplicate,
                coalesce(sum(l.rows_superseded), 0)::bigint as rows_superseded,
                (select count(*) from pg_temp.verdict where failed_rows > 0) as rules_failed
            from pg_temp.pending_delivery as p left join ops.row_ledger as l using (delivery_id)
            """,
            [dataset],
        )
        (outcome,) = cursor.fetchall()
    return outcome


def _count(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def take_pending(connection: psycopg.Connection, dataset: str) -> int:
    """List the loaded deliveries in pg_temp.pending_delivery; return how many there are.

    kept_out: the delivery is rejected or held, its rows get no outcome.
    """
    connection.execute(
        """
        create temporary table pending_delivery as
        select *, rejected as kept_out, false as held from (
        select d.delivery_id, row_number() over (order by d.delivered_on, d.delivery_id) as place, d.delivered_on,
            extract(year from d.delivered_on)::integer as delivered_year,
            (d.delivered_on + 1)::timestamp at time zone 'Asia/Shanghai' as delivery_ends,
            d.rows_delivered, d.repeats_delivery_id, d.repeats_delivery_id is not null as repeats,
            coalesce(o.state = 'rejected', false) as rejected,
            case when o.state = 'rejected' then 'repeats delivery ' || o.delivery_id || ', which was rejected' end
                as reject_reason
        from ops.delivery as d left join ops.delivery as o on o.delivery_id = d.repeats_delivery_id
        where d.dataset = %s and d.state = 'loaded') as p
        """,
        [dataset],
    )
    connection.execute("analyze pending_delivery")
    return _count(connection, "select count(*) from pending_delivery")
