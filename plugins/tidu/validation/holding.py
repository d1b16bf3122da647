"""Snapshots that shrink too much wait for a person: their rows get no outcome, the last good snapshot stays.

A snapshot is held when it has fewer rows than its contract's shrinkLimit lets go of the snapshot before it, which must
have been of some size. It is judged (state `validated`, with its validation run) and waits; `tidu delivery accept` or
`withdraw` decides. What repeats a held delivery waits with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from tidu.contracts import DatasetContract

SMALLEST_MEASURE = 50
"""Rows the snapshot before must have had: smaller ones come and go."""


@dataclass
class _Snapshot:
    delivery_id: int
    rows: int
    pending: bool
    decided: bool
    """A person said that this delivery is to be taken in as it is."""
    kept_out: bool
    repeats_delivery_id: int | None
    repeats_held: bool
    """It repeats a delivery that was held by an earlier pass."""


def hold_shrunk(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Mark as held, with the reason, every pending snapshot that shrank beyond its contract's limit.

    Each is measured by the last one before it, in order of (delivered_on, delivery_id), that is or will be accepted.
    """
    if contract.shrink_limit is None:
        return
    held: dict[int, str] = {}
    measure: _Snapshot | None = None
    for found in _snapshots(connection, contract.name):
        if found.kept_out:
            continue
        if found.pending:
            reason = _reason(found, measure, contract.shrink_limit, held)
            if reason:
                held[found.delivery_id] = reason
                continue
        if found.repeats_delivery_id is None:
            measure = found
    connection.execute(
        """
        with held as (select * from unnest(%s::bigint[], %s::text[]) as h (delivery_id, reason)),
        marked as (
            update pg_temp.pending_delivery as p set held = true, kept_out = true
            from held as h where h.delivery_id = p.delivery_id
        )
        update ops.delivery as d set state = 'validated', hold_reason = h.reason
        from held as h where h.delivery_id = d.delivery_id
        """,
        [list(held), list(held.values())],
    )


def _reason(found: _Snapshot, measure: _Snapshot | None, limit: float, held: dict[int, str]) -> str | None:
    if found.repeats_delivery_id is not None:
        waits = found.repeats_held or found.repeats_delivery_id in held
        return f"repeats delivery {found.repeats_delivery_id}, which waits for a decision" if waits else None
    if found.decided or measure is None or measure.rows < SMALLEST_MEASURE:
        return None
    if found.rows >= (1 - limit) * measure.rows:
        return None
    return (
        f"{found.rows} rows where the snapshot before (delivery {measure.delivery_id}) had {measure.rows};"
        f" more than {limit:.0%} are gone"
    )


def _snapshots(connection: psycopg.Connection, dataset: str) -> list[_Snapshot]:
    """Return accepted and pending snapshots in order."""
    with connection.cursor(row_factory=class_row(_Snapshot)) as cursor:
        cursor.execute(
            """
            select d.delivery_id, d.rows_delivered as rows, p.delivery_id is not null as pending,
                coalesce(p.kept_out, false) as kept_out, d.repeats_delivery_id,
                exists (
                    select from ops.decision as c
                    where c.kind = 'exception' and c.subject = 'delivery:' || d.delivery_id and c.state = 'active'
                ) as decided,
                coalesce(o.state = 'validated', false) as repeats_held
            from ops.delivery as d
            left join pg_temp.pending_delivery as p using (delivery_id)
            left join ops.delivery as o on o.delivery_id = d.repeats_delivery_id
            where d.dataset = %s and (d.state = 'accepted' or p.delivery_id is not null)
                and d.rows_delivered is not null
            order by d.delivered_on, d.delivery_id
            """,
            [dataset],
        )
        return cursor.fetchall()
