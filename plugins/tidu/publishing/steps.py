"""The steps of a release, each in the transaction at hand: its manifest, its check, shown to all, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from tidu.errors import ReleaseBlocked
from tidu.publishing import revision
from tidu.publishing.manifest import digest
from tidu.publishing.trail import tell

RELEASE_LOCK = 7_411_004
BROKEN_IDENTITY = "TD001"
IDENTITIES = (
    "city = sum of districts", "breakdown = total", "enterprises + individual businesses <= market entities",
    "a scope lies within all", "every cell of the grid is there", "every month is there",
    "a stock or a rate has no year to date", "the year to date is the sum of its months",
    "every indicator has figures", "stock = moves of the stock", "opening = closing of the month before",
)  # fmt: skip
"""What publish.broken_identity asks of every cell; a test compares."""
OVERTAKEN = (
    "exists (select from ops.release_event_log as p where p.event = 'published' and p.release_id <> r.release_id"
    " and p.event_no > (select min(d.event_no) from ops.release_event_log as d where d.release_id = r.release_id))"
)
"""Of a draft r: another release was published since it was made. What that one hides, withdrawn or not, the draft knows
nothing of and may show."""
DECIDED = (
    "insert into ops.decision (kind, subject, evidence_sha256, decided_by, reason, detail)"
    " select 'release', release_id::text, manifest_sha256, %s, %s, %s from ops.release where release_id = %s"
)


def lock(connection: Connection[Any]) -> None:
    """Wait until no other step of any release is being taken; held to the end of the transaction."""
    connection.execute("select pg_advisory_xact_lock(%s)", [RELEASE_LOCK])


def enter_manifest(connection: Connection[Any], release_id: int, manifest: Mapping[str, Any]) -> None:
    """Seal a draft's rows with its manifest; the database lets that happen once."""
    connection.execute(
        "update ops.release set manifest = %s, manifest_sha256 = %s where release_id = %s",
        [Jsonb(dict(manifest)), digest(manifest), release_id],
    )


def check(connection: Connection[Any], release_id: int) -> None:
    """Enter as evidence what has just held of a release: identities, rows, and how many cells of each status."""
    row = connection.execute(
        "select manifest -> 'tables', manifest -> 'disclosure' -> 'secret_cells',"
        " (select jsonb_object_agg(cell_status, cells) from ("
        "   select cell_status, count(*) as cells from publish.district_monthly"
        "   where release_id = r.release_id group by cell_status) as c)"
        " from ops.release as r where release_id = %s",
        [release_id],
    ).fetchone()
    held, secret, cells = row or ({}, 0, {})
    detail = {"identities": list(IDENTITIES), "rows": {t: content["rows"] for t, content in held.items()},
              "district_cells": cells, "secret_cells_attacked": secret, "tables_sha256": digest(held)}  # fmt: skip
    tell(connection, release_id, "checked", "publish.assert_identities", detail=detail)


def shown(connection: Connection[Any]) -> int | None:
    """Return the release that publish.*_latest show; None where none is published."""
    row = connection.execute("select max(release_id) from ops.release where state = 'published'").fetchone()
    return row[0] if row else None


def show(connection: Connection[Any], release_id: int, by: str, reason: str | None) -> None:
    """Publish a draft in the name of a person: revisions against what is shown now, decision, approval, publication.

    Raises a database error of BROKEN_IDENTITY (see `blocking`) when its figures break an identity.
    """
    previous = shown(connection)
    revised = revision.write(connection, release_id, previous) if previous is not None else 0
    connection.execute(DECIDED, [by, reason, Jsonb({"step": "approve"}), release_id])
    connection.execute(
        "update ops.release set state = 'approved', approved_by = %s, approved_at = now() where release_id = %s",
        [by, release_id],
    )
    connection.execute("update ops.release set state = 'published' where release_id = %s", [release_id])
    check(connection, release_id)
    tell(connection, release_id, "approved", by, reason=reason)
    tell(
        connection,
        release_id,
        "published",
        by,
        reason=reason,
        detail={"shown_before": previous, "cells_revised": revised},
    )


def withdraw(connection: Connection[Any], release_id: int, by: str, reason: str, detail: Mapping[str, Any]) -> None:
    """Take a published release back; the decision that approved it is revoked by the one that withdraws it."""
    connection.execute(
        "update ops.decision set state = 'revoked' where kind = 'release' and subject = %s and state = 'active'",
        [str(release_id)],
    )
    connection.execute(DECIDED, [by, reason, Jsonb({"step": "withdraw"}), release_id])
    connection.execute("update ops.release set state = 'withdrawn' where release_id = %s", [release_id])
    tell(connection, release_id, "withdrawn", by, reason=reason, detail=detail)


@contextmanager
def blocking() -> Iterator[None]:
    """Turn the database's refusal of a broken identity into ReleaseBlocked."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != BROKEN_IDENTITY:
            raise
        raise ReleaseBlocked(str(error.diag.message_primary)) from error
