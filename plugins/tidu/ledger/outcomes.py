"""Deliveries with what became of their rows, as operators look at them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from psycopg.rows import class_row

from tidu.ledger.database import connect


@dataclass(frozen=True)
class DeliveryOutcome:
    """One delivery beside its line of the ledger; counts are None until it is settled."""

    delivery_id: int
    dataset: str
    delivered_on: dt.date
    source_uri: str
    received_at: dt.datetime
    sha256: str
    state: str
    reject_reason: str | None
    hold_reason: str | None
    """Why a validated delivery waits for a decision."""
    repeats_delivery_id: int | None
    restated: int
    """How often its accepted rows changed by a decision."""
    rows: int | None
    accepted: int | None
    quarantined: int | None
    duplicate: int | None
    superseded: int | None


def listed(
    *, delivery_id: int | None = None, dataset: str | None = None, state: str | None = None, limit: int | None = None
) -> list[DeliveryOutcome]:
    """Return deliveries, newest first; every condition given narrows them."""
    with connect() as connection, connection.cursor(row_factory=class_row(DeliveryOutcome)) as cursor:
        cursor.execute(
            """
            select d.delivery_id, d.dataset, d.delivered_on, d.source_uri, d.received_at, d.sha256, d.state,
                d.reject_reason, d.hold_reason, d.repeats_delivery_id, d.restated, d.rows_delivered as rows,
                l.rows_accepted as accepted, l.rows_quarantined as quarantined, l.rows_duplicate as duplicate,
                l.rows_superseded as superseded
            from ops.delivery as d left join ops.row_ledger as l using (delivery_id)
            where (%(delivery_id)s::bigint is null or d.delivery_id = %(delivery_id)s)
                and (%(dataset)s::text is null or d.dataset = %(dataset)s)
                and (%(state)s::text is null or d.state = %(state)s)
            order by d.delivered_on desc, d.delivery_id desc limit %(limit)s
            """,
            {"delivery_id": delivery_id, "dataset": dataset, "state": state, "limit": limit},
        )
        return cursor.fetchall()
