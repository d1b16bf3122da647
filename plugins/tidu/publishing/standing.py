"""Releases as records, and what a person decides about one: approve, reject, withdraw, roll back, publish again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.publishing import steps
from tidu.publishing.files import shelf
from tidu.publishing.manifest import TABLES, shapes
from tidu.publishing.trail import tell

COLUMNS = (
    "release_id, period, as_of, state, approved_by, approved_at, manifest_sha256, manifest, republished_from"
)  # fmt: skip


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
    republished_from: int | None
    """The withdrawn release whose figures this one shows again."""


@acting_as(Role.PUBLISH)
def releases() -> list[Release]:
    """Return every release, newest first."""
    with connect() as connection, connection.cursor(row_factory=class_row(Release)) as cursor:
        return cursor.execute(f"select {COLUMNS} from ops.release order by release_id desc").fetchall()  # noqa: S608


@acting_as(Role.PUBLISH)
def release(release_id: int) -> Release:
    """Return one release; TiduError when there is none of that number."""
    with connect() as connection:
        return _release(connection, release_id)


@acting_as(Role.PUBLISH)
def made_by(run_id: str) -> int | None:
    """Return the release a run has made already; None when it has made none. A run makes one at most."""
    with connect() as connection:
        row = connection.execute(
            "select max(release_id) from ops.release where run_id = %s and republished_from is null", [run_id]
        ).fetchone()
    return row[0] if row else None


@acting_as(Role.PUBLISH)
def approve(release_id: int, by: str, reason: str | None = None) -> None:
    """Publish a draft in the name of a person; recorded in ops.decision with the manifest's hash.

    Raises TiduError when there is no such draft, no name, or something newer is out or waits;
    ReleaseBlocked when its figures break an identity.
    """
    by = _name(release_id, by, "an approval")
    with steps.blocking(), connect() as connection:
        steps.lock(connection)
        _draft(connection, release_id)
        newer = superseded_by(connection, release_id)
        if newer is not None:
            raise TiduError(f"release {release_id}: {newer}")
        steps.show(connection, release_id, by, reason)
    shelf.fill()


@acting_as(Role.PUBLISH)
def reject(release_id: int, by: str, reason: str) -> None:
    """Record that a person does not approve a draft, and why; it stays a draft that may still be approved."""
    by = _name(release_id, by, "a rejection")
    with connect() as connection:
        steps.lock(connection)
        _draft(connection, release_id)
        tell(connection, release_id, "rejected", by, reason=reason)


@acting_as(Role.PUBLISH)
def withdraw(release_id: int, by: str, reason: str) -> int | None:
    """Take a published release back; return the release shown now, None when none is left.

    It stays readable, tables and files alike. The same inputs do not bring it back: a person does (`republish`).
    Raises TiduError when it is not published, or no name or reason is given.
    """
    by = _name(release_id, by, "a withdrawal", reason)
    with connect() as connection:
        steps.lock(connection)
        found = _release(connection, release_id)
        if found.state != "published":
            raise TiduError(f"release {release_id} is {found.state}; only a published release can be withdrawn")
        steps.withdraw(connection, release_id, by, reason, {})
        return steps.shown(connection)


@acting_as(Role.PUBLISH)
def roll_back(release_id: int, by: str, reason: str) -> int:
    """Show an earlier release again: newer ones are withdrawn for the reason given; return the release shown now.

    A withdrawn one is published again under a new number, since a release never goes back a state.
    One transaction. Raises TiduError when it is a draft, is shown already, or no name or reason is given.
    """
    by = _name(release_id, by, "a rollback", reason)
    with steps.blocking(), connect() as connection:
        steps.lock(connection)
        found = _release(connection, release_id)
        if found.state not in ("published", "withdrawn"):
            raise TiduError(f"release {release_id} is {found.state}; only what was published once can be shown again")
        newer = _published_after(connection, release_id)
        if found.state == "published" and not newer:
            raise TiduError(f"release {release_id} is the one that is shown; there is nothing to roll back")
        now = release_id if found.state == "published" else _copy(connection, found, by, reason)
        for number in newer:
            steps.withdraw(connection, number, by, reason, {"rolled_back_to": now})
        tell(connection, release_id, "rolled_back", by, reason=reason, detail={"withdrawn": newer, "shown": now})
    shelf.fill()
    return now


@acting_as(Role.PUBLISH)
def republish(release_id: int, by: str, reason: str) -> int:
    """Publish a withdrawn release again, as a new one with the same content; return its number.

    Raises TiduError when it is not withdrawn, a newer one is published (that is a rollback), or no name or reason is
    given.
    """
    by = _name(release_id, by, "a republication", reason)
    with steps.blocking(), connect() as connection:
        steps.lock(connection)
        found = _release(connection, release_id)
        if found.state != "withdrawn":
            raise TiduError(f"release {release_id} is {found.state}; only a withdrawn release can be published again")
        newer = _published_after(connection, release_id)
        if newer:
            raise TiduError(
                f"release {max(newer)} is newer and published; `tidu release rollback {release_id}` puts this one in"
                " its place"
            )
        now = _copy(connection, found, by, reason)
    shelf.fill()
    return now


def superseded_by(connection: Connection[Any], release_id: int) -> str | None:
    """Say what release stands in the way of a draft; None when none does.

    That is a newer one, unless it was rejected, and any that was published after this one was drafted, also when it
    was withdrawn since: what it hid, this draft may open.
    """
    row = connection.execute(
        "select release_id, state from ops.release as r where release_id > %s and (state = 'published' or"
        " state = 'draft' and not exists (select from ops.release_event_log as e"
        "   where e.release_id = r.release_id and e.event = 'rejected'))"
        " order by release_id desc limit 1",
        [release_id],
    ).fetchone()
    if row is not None:
        number, state = row
        return f"the newer release {number} " + ("is already published" if state == "published" else "waits as draft")
    overtaken = connection.execute(
        f"select from ops.release as r where r.release_id = %s and {steps.OVERTAKEN}".encode(),
        [release_id],
    ).fetchone()
    if overtaken is None:
        return None
    return (
        "another release was published after it was drafted, and it may show what that one hides;"
        " run publish_monitoring again for a new draft"
    )


def _copy(connection: Connection[Any], found: Release, by: str, reason: str) -> int:
    """Publish the rows of a release under a new number; return it."""
    row = connection.execute(
        "insert into ops.release (period, as_of, state, manifest_sha256, manifest, run_id, republished_from)"
        " select period, as_of, 'draft', '', '{}', run_id, release_id from ops.release where release_id = %s"
        " returning release_id",
        [found.release_id],
    ).fetchone()
    (now,) = row or (0,)
    copied = {f"publish.{table}": columns for table, (columns, _) in shapes(connection).items()}
    copied["ops.unassigned_metric"] = "period, indicator_code, total, unassigned, unregistered"
    # the indicators first: cells refer to them
    for table in sorted(copied, key=lambda name: name != "publish.indicator"):
        connection.execute(
            f"insert into {table} (release_id, {copied[table]})"  # noqa: S608
            f" select %s, {copied[table]} from {table} where release_id = %s".encode(),
            [now, found.release_id],
        )
    for table in TABLES:
        connection.execute(f"analyze publish.{table}".encode())
    steps.enter_manifest(connection, now, {**found.manifest, "republished_from": found.release_id})
    tell(connection, now, "drafted", by, reason=reason, detail={"republished_from": found.release_id})
    steps.show(connection, now, by, reason)
    tell(connection, found.release_id, "republished", by, reason=reason, detail={"as": now})
    return int(now)


def _draft(connection: Connection[Any], release_id: int) -> Release:
    found = _release(connection, release_id)
    if found.state != "draft":
        raise TiduError(f"release {release_id} is {found.state}; only a draft can be approved or rejected")
    return found


def _release(connection: Connection[Any], release_id: int) -> Release:
    with connection.cursor(row_factory=class_row(Release)) as cursor:
        found = cursor.execute(f"select {COLUMNS} from ops.release where release_id = %s", [release_id]).fetchone()  # noqa: S608
    if found is None:
        raise TiduError(f"there is no release {release_id}; see `tidu release list`")
    return found


def _published_after(connection: Connection[Any], release_id: int) -> list[int]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "select release_id from ops.release where state = 'published' and release_id > %s order by release_id",
            [release_id],
        ).fetchall()


def _name(release_id: int, by: str, what: str, reason: str = "given") -> str:
    """Return the name without blanks around it; TiduError when it, or a reason that is needed, is empty."""
    if not by.strip():
        raise TiduError(f"release {release_id}: {what} needs a person's name")
    if not reason.strip():
        raise TiduError(f"release {release_id}: {what} needs a reason")
    return by.strip()
