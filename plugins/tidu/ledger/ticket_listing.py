"""Correction tickets as people look at them: lists by department and state, one with all its evidence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from tidu.errors import TiduError
from tidu.ledger.database import connect


@dataclass(frozen=True)
class Ticket:
    """One row of ops.correction_ticket."""

    ticket_id: int
    department: str
    dataset: str
    source_key: str
    attribute: str | None
    """Field, or kind of drift; None: the whole record."""
    ours: str | None
    theirs: str | None
    evidence: dict[str, Any]
    origin: str
    opened_on: dt.date
    due_on: dt.date | None
    state: str
    closed_on: dt.date | None
    resolution: str | None
    closed_by_delivery_id: int | None


_COLUMNS = ", ".join(Ticket.__annotations__)


def tickets(
    department: str | None = None,
    dataset: str | None = None,
    state: str | None = "open",
    origin: str | None = None,
    limit: int = 100,
) -> list[Ticket]:
    """Return tickets, the most urgent first; None takes any department, dataset, state or origin."""
    with connect() as connection, connection.cursor(row_factory=class_row(Ticket)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from ops.correction_ticket"  # noqa: S608
            " where department = coalesce(%(department)s, department) and dataset = coalesce(%(dataset)s, dataset)"
            " and state = coalesce(%(state)s, state) and origin = coalesce(%(origin)s, origin)"
            " order by state desc, due_on, ticket_id limit %(limit)s",
            {"department": department, "dataset": dataset, "state": state, "origin": origin, "limit": limit},
        ).fetchall()


def ticket(ticket_id: int) -> Ticket:
    """Return one ticket. Raises TiduError when there is none of that number."""
    with connect() as connection, connection.cursor(row_factory=class_row(Ticket)) as cursor:
        found = cursor.execute(
            f"select {_COLUMNS} from ops.correction_ticket where ticket_id = %s",  # noqa: S608
            [ticket_id],
        ).fetchone()
    if found is None:
        raise TiduError(f"no ticket {ticket_id}; see `tidu ticket list`")
    return found
