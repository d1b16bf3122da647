"""A release: monitoring figures copied whole, checked, approved, and never touched again.

Everything happens in one transaction; a release that breaks an identity leaves nothing behind.
The database holds the identities and the immutability (migration 0003); nothing here can go round them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tidu.errors import ReleaseBlocked, TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.runs import stage
from tidu.publishing.disclosure import Decided, assert_it_holds, decide, keep, prepare
from tidu.publishing.manifest import TABLES, digest, inputs, tables
from tidu.publishing.registry import indicators
from tidu.publishing.signs import note
from tidu.settings import settings
from tidu.transform.wholeness import BUILD_LOCK, lost_stages

RELEASE_LOCK = 7_411_004
BROKEN_IDENTITY = "TD001"
CELL = "indicator_code, indicator_name, scope, breakdown, breakdown_value, value, unit, yoy, mom, ytd, cell_status"
MOVEMENT = (
    "period, district_code, opening, entered, moved_in, departed, left_city, moved_out, closing,"
    " new_entities, closed_entities, other_change"
)
COLUMNS = "release_id, period, as_of, state, approved_by, approved_at, manifest_sha256, manifest"


@dataclass(frozen=True)
class Release:
    """One release as ops.release holds it."""

    release_id: int
    period: str
    """Its last month, YYYY-MM."""
    as_of: dt.date
    state: str
    approved_by: str | None
    approved_at: dt.datetime | None
    manifest_sha256: str
    manifest: dict[str, Any]


@acting_as(Role.PUBLISH)
def publish(as_of: dt.date, run_id: str, approver: str | None = None) -> int | None:
    """Release the monitoring figures built for a business date; return the release, None when nothing is new.

    The approver (the person in `settings().release_approver` unless the run names another) approves it,
    recorded as such; empty, it waits as draft for `approve`. Writes one row of ops.stage_run.
    Idempotence: the same inputs as the newest standing release give None and change nothing.
    Raises ReleaseBlocked naming the first cells that break an identity, or when the figures were built
    for another date; nothing is left behind. Raises TiduError when no figures were built at all, or
    a crash of the server emptied them. Waits for a build that runs now.
    """
    with stage(run_id, "release") as counts, _blocking(), connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s), pg_advisory_xact_lock(%s)", [BUILD_LOCK, RELEASE_LOCK])
        if lost_stages(connection, "monitor"):
            raise TiduError(f"{run_id}: no whole figures (a crash empties them): build the stage monitor first")
        months = _months(connection, as_of)
        made_from = inputs(connection, *months) if months else {}
        if months is None or _is_known(connection, digest(made_from)):
            counts.skipped = True
            return None
        release_id, decided = _write(connection, as_of, months[1], run_id)
        assert_it_holds(connection, release_id, decided)
        manifest = {
            **made_from,
            "inputs_sha256": digest(made_from),
            "as_of": as_of.isoformat(),
            "disclosure": decided.summary(),
            "tables": tables(connection, release_id),
        }
        sha256 = digest(manifest)
        connection.execute(
            "update ops.release set manifest = %s, manifest_sha256 = %s where release_id = %s",
            [Jsonb(manifest), sha256, release_id],
        )
        person = (settings().release_approver if approver is None else approver).strip()
        if person:
            _publish(connection, release_id, sha256, person, f"approved by setting when run {run_id} made it")
        else:
            connection.execute("select publish.assert_identities(%s)", [release_id])
        counts.rows_out = sum(t["rows"] for t in manifest["tables"].values())
        return release_id


@acting_as(Role.PUBLISH)
def is_released(as_of: dt.date) -> bool:
    """Tell whether nothing waits for a release: the newest standing one has all that the master has by this date."""
    with connect() as connection:
        if lost_stages(connection, "monitor"):
            return False
        row = connection.execute(
            "select min(period), max(period), max(as_of), max(built_until) is not distinct from"
            " (select max(build_no) from ops.delivery where built_at is not null)"
            " from intermediate.int_monitoring__month"
        ).fetchone()
        if row is None or row[0] is None:
            return True
        return row[2] == as_of and row[3] and _is_known(connection, digest(inputs(connection, row[0], row[1])))


@acting_as(Role.PUBLISH)
def approve(release_id: int, by: str, reason: str | None = None) -> None:
    """Publish a draft in the name of a person; recorded in ops.decision with the manifest's hash.

    Raises TiduError when there is no such draft, no name, or a newer release is already out;
    ReleaseBlocked when its figures break an identity.
    """
    if not by.strip():
        raise TiduError(f"release {release_id}: an approval needs a person's name")
    with _blocking(), connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [RELEASE_LOCK])
        row = connection.execute(
            "select state, manifest_sha256, (select max(release_id) from ops.release where state = 'published')"
            " from ops.release where release_id = %s",
            [release_id],
        ).fetchone()
        if row is None:
            raise TiduError(f"there is no release {release_id}; see `tidu release list`")
        state, sha256, newest = row
        if state != "draft":
            raise TiduError(f"release {release_id} is {state}; only a draft can be approved")
        if newest is not None and newest > release_id:
            raise TiduError(f"release {release_id}: the newer release {newest} is already published")
        _publish(connection, release_id, sha256, by.strip(), reason)


@acting_as(Role.PUBLISH)
def releases() -> list[Release]:
    """Return every release, newest first."""
    with connect() as connection:
        cursor = connection.cursor(row_factory=class_row(Release))
        return cursor.execute(f"select {COLUMNS} from ops.release order by release_id desc").fetchall()  # noqa: S608


def release(release_id: int) -> Release:
    """Return one release; TiduError when there is none of that number."""
    found = [r for r in releases() if r.release_id == release_id]
    if not found:
        raise TiduError(f"there is no release {release_id}; see `tidu release list`")
    return found[0]


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


def _is_known(connection: Connection[Any], inputs_sha256: str) -> bool:
    row = connection.execute(
        "select manifest ->> 'inputs_sha256' = %s from ops.release where state <> 'withdrawn'"
        " order by release_id desc limit 1",
        [inputs_sha256],
    ).fetchone()
    return bool(row and row[0])


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
    return int(release_id), decided


def _publish(connection: Connection[Any], release_id: int, sha256: str, by: str, reason: str | None) -> None:
    connection.execute(
        "insert into ops.decision (kind, subject, evidence_sha256, decided_by, reason)"
        " values ('release', %s, %s, %s, %s)",
        [str(release_id), sha256, by, reason],
    )
    connection.execute(
        "update ops.release set state = 'published', approved_by = %s, approved_at = now() where release_id = %s",
        [by, release_id],
    )


@contextmanager
def _blocking() -> Iterator[None]:
    """Turn the database's refusal of a broken identity into ReleaseBlocked."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != BROKEN_IDENTITY:
            raise
        raise ReleaseBlocked(str(error.diag.message_primary)) from error
