"""A release: monitoring figures copied whole, checked, approved, and never touched again.

Everything happens in one transaction; a release that breaks an identity leaves nothing behind.
The database holds the identities, the immutability and that every step is told (migrations 0003 and 0013); nothing
here can go round them.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from psycopg import Connection

from tidu.errors import ReleaseBlocked, TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.runs import stage
from tidu.publishing import plans
from tidu.publishing.disclosure import Decided, assert_it_holds, decide, keep, prepare
from tidu.publishing.files import shelf
from tidu.publishing.manifest import TABLES, digest, inputs, tables, witnesses
from tidu.publishing.registry import indicators
from tidu.publishing.signs import note
from tidu.publishing.steps import OVERTAKEN, RELEASE_LOCK, blocking, check, enter_manifest, show
from tidu.publishing.trail import tell
from tidu.settings import settings
from tidu.transform.wholeness import BUILD_LOCK, lost_stages

CELL = "indicator_code, indicator_name, scope, breakdown, breakdown_value, value, unit, yoy, mom, ytd, cell_status"
MOVEMENT = (
    "period, district_code, opening, entered, moved_in, departed, left_city, moved_out, closing,"
    " new_entities, closed_entities, other_change"
)


@acting_as(Role.PUBLISH)
def publish(as_of: dt.date, run_id: str, approver: str | None = None) -> int | None:
    """Release the monitoring figures built for a business date; return the release, None when nothing is new.

    The approver (the person in `settings().release_approver` unless the run names another) approves it,
    recorded as such; empty, it waits as draft for `approve`. A published release leaves its files in its folder.
    Writes one row of ops.stage_run.
    Idempotence: the same inputs as the newest standing release, or as one that a person withdrew, give None and change
    nothing but files that are missing.
    Raises ReleaseBlocked naming the first cells that break an identity, or when the figures were built
    for another date; nothing is left behind. Raises TiduError when no figures were built at all, or
    a crash of the server emptied them. Waits for a build that runs now.
    """
    with stage(run_id, "release") as counts:
        person = (settings().release_approver if approver is None else approver).strip()
        with blocking(), connect() as connection:
            made = _make(connection, as_of, run_id, person)
        shelf.fill()
        if made is None:
            counts.skipped = True
            return None
        release_id, counts.rows_out = made
        return release_id


def _make(connection: Connection[Any], as_of: dt.date, run_id: str, person: str) -> tuple[int, int] | None:
    """Write a release in the transaction at hand, published in the name of `person`, as draft if that is empty.

    Return its number and how many rows it has; None when there is nothing new.
    """
    connection.execute("select pg_advisory_xact_lock(%s), pg_advisory_xact_lock(%s)", [BUILD_LOCK, RELEASE_LOCK])
    if lost_stages(connection, "monitor"):
        raise TiduError(f"{run_id}: no whole figures (a crash empties them): build the stage monitor first")
    months = _months(connection, as_of)
    made_from = inputs(connection, *months) if months else {}
    if months is None or release_of(connection, digest(made_from)) is not None:
        return None
    release_id, decided = _write(connection, as_of, months[1], run_id)
    assert_it_holds(connection, release_id, decided)
    manifest = {
        **made_from,
        **witnesses(connection),
        "inputs_sha256": digest(made_from),
        "as_of": as_of.isoformat(),
        "disclosure": decided.summary(),
        "tables": tables(connection, release_id),
    }
    enter_manifest(connection, release_id, manifest)
    tell(connection, release_id, "drafted", f"run {run_id}")
    if person:
        show(connection, release_id, person, f"approved by setting when run {run_id} made it")
    else:
        connection.execute("select publish.assert_identities(%s)", [release_id])
        check(connection, release_id)
    return release_id, sum(table["rows"] for table in manifest["tables"].values())


@acting_as(Role.PUBLISH)
def is_released(as_of: dt.date) -> bool:
    """Tell whether nothing waits for a release: one has all that the master has by this date, and left its files.

    That one may be a draft, or withdrawn: what a person withdrew only a person publishes again. A delivery refused
    since the figures were made waits too: they would say that it is missing.
    """
    with connect() as connection:
        if lost_stages(connection, "monitor") or shelf.unfiled(connection) or _refused_since(connection):
            return False
        row = connection.execute(
            "select min(period), max(period), max(as_of), max(built_until) is not distinct from"
            " (select max(build_no) from ops.delivery where built_at is not null)"
            " from intermediate.int_monitoring__month"
        ).fetchone()
        if row is None or row[0] is None:
            return True
        made_from = inputs(connection, row[0], row[1])
        return bool(row[2] == as_of and row[3] and release_of(connection, digest(made_from)) is not None)


def release_of(connection: Connection[Any], inputs_sha256: str) -> int | None:
    """Return the release that already holds the figures of these inputs; None when they want a release of their own.

    That is the newest release not withdrawn if it was made of them, or the last one made of them if that was withdrawn.
    A draft that another release overtook counts for nothing: nobody can approve it any more.
    """
    row = connection.execute(
        f"with counts as (select * from ops.release as r where r.state <> 'draft' or not {OVERTAKEN})"  # noqa: S608
        " select r.release_id from counts as r where r.manifest ->> 'inputs_sha256' = %s and (r.state = 'withdrawn'"
        "   or r.release_id = (select max(n.release_id) from counts as n where n.state <> 'withdrawn'))"
        " and not exists (select from counts as l where l.release_id > r.release_id"
        "   and l.manifest ->> 'inputs_sha256' = r.manifest ->> 'inputs_sha256')".encode(),
        [inputs_sha256],
    ).fetchone()
    return int(row[0]) if row else None


def _refused_since(connection: Connection[Any]) -> bool:
    known = connection.execute("select to_regclass('intermediate.int_monitoring__refused')").fetchone()
    if known is None or known[0] is None:
        return True
    row = connection.execute(
        "select exists (select from ops.delivery where state = 'rejected'"
        " and delivery_id not in (select delivery_id from intermediate.int_monitoring__refused))"
    ).fetchone()
    return row == (True,)


def _months(connection: Connection[Any], as_of: dt.date) -> tuple[str, str] | None:
    """First and last month of the figures; None before the first complete month."""
    built = connection.execute("select to_regclass('intermediate.int_monitoring__district_month')").fetchone()
    if built is None or built[0] is None:
        raise TiduError("no monitoring figures: build the stage monitor first")
    row = connection.execute(
        "select min(period), max(period), max(as_of) from intermediate.int_monitoring__month"
    ).fetchone()
    if row is None or row[0] is None:
        return None
    if row[2] != as_of:
        raise ReleaseBlocked(f"the monitoring figures were built as of {row[2]}, not {as_of}; build them again")
    return row[0], row[1]


def _write(connection: Connection[Any], as_of: dt.date, period: str, run_id: str) -> tuple[int, Decided]:
    """Insert the release as draft with all rows that may be shown; return its number and what it hides."""
    decided = decide(connection)
    prepare(connection, decided)
    row = connection.execute(
        "insert into ops.release (period, as_of, state, manifest_sha256, manifest, run_id)"
        " values (%s, %s, 'draft', '', '{}', %s) returning release_id",
        [period, as_of, run_id],
    ).fetchone()
    (release_id,) = row or (0,)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into publish.indicator values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (release_id, i.code, i.name_zh, i.name_en, i.definition_zh, i.definition_en, i.unit, i.kind, i.additive,
                 i.disclosure, list(i.datasets))
                for i in indicators().values()
            ],
        )  # fmt: skip
    for statement in (
        f"insert into publish.city_monthly (release_id, period, {CELL}) select %s, period, {CELL}"  # noqa: S608
        " from pg_temp.city_row",
        f"insert into publish.district_monthly (release_id, period, district_code, district_name, {CELL})"  # noqa: S608
        f" select %s, period, district_code, district_name, {CELL} from pg_temp.district_row",
        f"insert into publish.stock_movement (release_id, {MOVEMENT}) select %s, {MOVEMENT}"  # noqa: S608
        " from intermediate.int_monitoring__stock_movement",
        "insert into ops.unassigned_metric (release_id, period, indicator_code, total, unassigned, unregistered)"
        " select %s, period, indicator_code, total, unassigned, unregistered"
        " from intermediate.int_monitoring__unassigned",
    ):
        connection.execute(statement.encode(), [release_id])
    for table in TABLES:
        connection.execute(f"analyze publish.{table}".encode())
    keep(connection, int(release_id), decided)
    note(connection, int(release_id))
    plans.write(connection, int(release_id))
    return int(release_id), decided
