"""The trail of a release: every step with who took it, when, why, and the manifest it was about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tidu.ledger.database import connect

Event = Literal[
    "drafted", "checked", "approved", "published", "rejected", "withdrawn", "rolled_back", "republished", "filed"
]
"""`checked` is evidence, no state: what was looked at and held. `filed`: its files lie in its folder."""


@dataclass(frozen=True)
class Step:
    """One row of ops.release_event_log."""

    event_no: int
    release_id: int
    event: Event
    decided_by: str
    """A person's name, or `run <run id>` where nobody decides."""
    reason: str | None
    manifest_sha256: str
    detail: dict[str, Any]
    created_at: dt.datetime

    def line(self) -> str:
        """Say the step in one line."""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.created_at:%Y-%m-%d %H:%M} release {self.release_id} {self.event} by {self.decided_by}{why}"


_COLUMNS = ", ".join(Step.__annotations__)


def tell(
    connection: Connection[Any],
    release_id: int,
    event: Event,
    by: str,
    *,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Enter a step in the transaction that takes it; the manifest's hash is the one the release has now."""
    connection.execute(
        "insert into ops.release_event_log (release_id, event, decided_by, reason, manifest_sha256, detail)"
        " select release_id, %s, %s, %s, manifest_sha256, %s from ops.release where release_id = %s",
        [event, by, reason, Jsonb(dict(detail or {})), release_id],
    )


def told(release_id: int | None = None) -> list[Step]:
    """Return the steps of one release, or of all, oldest first."""
    with connect() as connection, connection.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from ops.release_event_log"  # noqa: S608
            " where %(id)s::bigint is null or release_id = %(id)s order by event_no",
            {"id": release_id},
        ).fetchall()
