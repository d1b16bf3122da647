"""The life of a delivery in ops.delivery: received, loaded, accepted or rejected.

Whether its rows are good is decided by tidu.validation; here is only what came, from where, and how far it got.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row

from tidu.ledger.database import connect

DeliveryState = Literal["received", "loaded", "validated", "accepted", "rejected"]


@dataclass(frozen=True)
class Received:
    """A file that now lies in the landing store, as `record_received` enters it."""

    dataset: str
    delivered_on: dt.date
    transport: str
    source_uri: str
    """Where the department keeps it; never holds a password."""
    source_token: str
    """How the source looked when fetched; another token under the same URI means fetch again."""
    sha256: str
    bytes: int
    landed_uri: str
    contract_version: str
    announced_sha256: str | None
    announced_rows: int | None


@dataclass(frozen=True)
class Delivery:
    """One row of ops.delivery, as far as later rooms need it."""

    delivery_id: int
    dataset: str
    delivered_on: dt.date
    transport: str
    source_uri: str
    sha256: str
    bytes: int
    rows_delivered: int | None
    state: DeliveryState
    contract_version: str
    landed_uri: str
    announced_sha256: str | None
    announced_rows: int | None
    repeats_delivery_id: int | None
    reject_reason: str | None
    drift: dict[str, Any]


_COLUMNS = ", ".join(Delivery.__annotations__)


def known_sources(dataset: str) -> frozenset[tuple[str, str]]:
    """Return (source_uri, source_token) of everything ever received of a dataset, rejected files included."""
    with connect() as connection:
        rows = connection.execute("select source_uri, source_token from ops.delivery where dataset = %s", [dataset])
        return frozenset((uri, token) for uri, token in rows)


def record_received(found: Received, connection: psycopg.Connection | None = None) -> int | None:
    """Enter a landed file; return its delivery_id, or None when this delivery is known already.

    Uses the connection given, or one of its own. Idempotence: the same dataset, source and sha256 is one delivery.
    One rejected unread is opened again when the sender now announces another checksum or row count for the same bytes.
    """
    if connection is None:
        with connect() as own:
            return record_received(found, own)
    with connection.transaction():
        return _insert(connection, found) or _open_again(connection, found)


def _insert(connection: psycopg.Connection, found: Received) -> int | None:
    values = vars(found)
    names = ", ".join(values)
    marks = ", ".join(f"%({name})s" for name in values)
    row = connection.execute(
        f"insert into ops.delivery ({names}, state) values ({marks}, 'received')"  # noqa: S608
        " on conflict (dataset, source_uri, sha256) do nothing returning delivery_id",
        values,
    ).fetchone()
    return row[0] if row else None


def _open_again(connection: psycopg.Connection, found: Received) -> int | None:
    """Set a rejected delivery of these bytes back to received, or only note how its source looks now."""
    same = "dataset = %(dataset)s and source_uri = %(source_uri)s and sha256 = %(sha256)s"
    row = connection.execute(
        "update ops.delivery set state = 'received', reject_reason = null, source_token = %(source_token)s,"  # noqa: S608
        " announced_sha256 = %(announced_sha256)s, announced_rows = %(announced_rows)s"
        # what was loaded before it was rejected is known by its content: no announcement changes that
        f" where {same} and state = 'rejected' and content_sha256 is null and (announced_sha256, announced_rows)"
        " is distinct from (%(announced_sha256)s::text, %(announced_rows)s::bigint) returning delivery_id",
        vars(found),
    ).fetchone()
    if row is None:
        connection.execute(
            f"update ops.delivery set source_token = %(source_token)s where {same}"  # noqa: S608
            " and source_token <> %(source_token)s",
            vars(found),
        )
    return row[0] if row else None


def pending(dataset: str, state: DeliveryState) -> list[Delivery]:
    """Return a dataset's deliveries in one state, in their order: by date, then as received."""
    with connect() as connection, connection.cursor(row_factory=class_row(Delivery)) as cursor:
        cursor.execute(
            f"select {_COLUMNS} from ops.delivery where dataset = %s and state = %s"  # noqa: S608
            " order by delivered_on, delivery_id",
            [dataset, state],
        )
        return cursor.fetchall()


def unbuilt(datasets: Sequence[str]) -> bool:
    """Tell whether a build of the master has something to take in of these datasets: new, or changed by a decision."""
    with connect() as connection:
        row = connection.execute(
            "select exists (select from ops.delivery where dataset = any(%s) and (building or"
            " state = 'accepted' and built_at is null or built_at is not null and restated <> restated_taken))",
            [list(datasets)],
        ).fetchone()
    return bool(row and row[0])


def loaded_once(dataset: str) -> list[Delivery]:
    """Return a dataset's deliveries that were ever loaded into raw, whatever became of them, in their order."""
    with connect() as connection, connection.cursor(row_factory=class_row(Delivery)) as cursor:
        cursor.execute(
            f"select {_COLUMNS} from ops.delivery where dataset = %s and content_sha256 is not null"  # noqa: S608
            " order by delivered_on, delivery_id",
            [dataset],
        )
        return cursor.fetchall()


def reject(delivery_id: int, reason: str, drift: Mapping[str, object] | None = None) -> None:
    """Keep a received delivery out as a whole. `reason` names file, fault and contact; it counts no rows.

    `drift` notes how its columns depart from the contract, where they were read.

    Does nothing when another run was faster: what it loaded, under a newer announcement, stays.
    """
    with connect() as connection:
        connection.execute(
            "update ops.delivery set state = 'rejected', reject_reason = %s, rows_delivered = null, drift = %s::jsonb"
            " where delivery_id = %s and state = 'received'",
            [reason, json.dumps(drift or {}, ensure_ascii=False), delivery_id],
        )


def mark_loaded(cursor: Any, delivery_id: int, rows: int, content_sha256: str, drift: Mapping[str, object]) -> bool:
    """Set a received delivery to `loaded` in the transaction of an ADBC cursor that also appends its rows.

    Notes which earlier delivery of the same date it repeats. Returns False when the delivery is not in state
    `received` any more, so that the caller leaves it alone.
    """
    cursor.execute(
        "update ops.delivery d set state = 'loaded', rows_delivered = $2, content_sha256 = $3, drift = $4::jsonb,"
        " repeats_delivery_id = ("
        "   select min(e.delivery_id) from ops.delivery e"
        "   where e.dataset = d.dataset and e.delivered_on = d.delivered_on and e.content_sha256 = $3"
        "   and e.delivery_id <> d.delivery_id and e.state in ('loaded', 'validated', 'accepted'))"
        " where delivery_id = $1 and state = 'received' returning delivery_id",
        (delivery_id, rows, content_sha256, json.dumps(drift, ensure_ascii=False)),
    )
    return cursor.fetchone() is not None
