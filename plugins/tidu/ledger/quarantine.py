"""The quarantined rows as reviewers see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

STATES = ("open", "released", "repaired", "waived", "discarded")


@dataclass(frozen=True)
class Held:
    """One row of ops.quarantine with its delivery."""

    quarantine_id: int
    dataset: str
    delivery_id: int
    delivered_on: dt.date
    delivery_state: str
    row_no: int
    source_key: str
    payload: dict[str, Any]
    """Every field as delivered."""
    rules: list[str]
    state: str
    decided_by: str | None
    decided_at: dt.datetime | None
    reason: str | None
    redelivered_by: int | None
    repaired: bool
    waived_rules: list[str]
    waived_until: dt.date | None


def held_rows(
    connection: psycopg.Connection,
    *,
    ids: Sequence[int] | None = None,
    dataset: str | None = None,
    states: Sequence[str] | None = None,
    rule: str | None = None,
    limit: int | None = None,
) -> list[Held]:
    """Return quarantined rows in order of quarantine_id; every condition given narrows them."""
    with connection.cursor(row_factory=class_row(Held)) as cursor:
        cursor.execute(
            """
            select q.quarantine_id, q.dataset, q.delivery_id, d.delivered_on, d.state as delivery_state, q.row_no,
                q.source_key, q.payload, q.rules, q.state, q.decided_by, q.decided_at, q.reason, q.redelivered_by,
                q.repaired, q.waived_rules, q.waived_until
            from ops.quarantine as q join ops.delivery as d using (delivery_id)
            where (%(ids)s::bigint[] is null or q.quarantine_id = any(%(ids)s))
                and (%(dataset)s::text is null or q.dataset = %(dataset)s)
                and (%(states)s::text[] is null or q.state = any(%(states)s))
                and (%(rule)s::text is null or %(rule)s = any(q.rules))
            order by q.quarantine_id limit %(limit)s
            """,
            {
                "ids": None if ids is None else list(ids),
                "dataset": dataset,
                "states": None if states is None else list(states),
                "rule": rule,
                "limit": limit,
            },
        )
        return cursor.fetchall()


def repaired_row(connection: psycopg.Connection, row: Held) -> dict[str, Any] | None:
    """Return the fields of a row as its repair left them; None when it was not repaired."""
    if not row.repaired:
        return None
    query = sql.SQL("select to_jsonb(r) from raw.{} as r where delivery_id = %s and row_no = %s")
    found = connection.execute(
        query.format(sql.Identifier(f"{row.dataset}_repair")), [row.delivery_id, row.row_no]
    ).fetchone()
    return dict(found[0]) if found else None
