"""How departments do: delivered, accepted, asked to correct, corrected; by dataset and month of delivery."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from psycopg.rows import class_row

from tidu.ledger.database import connect


@dataclass(frozen=True)
class Score:
    """One row of ops.department_scorecard."""

    department: str
    dataset: str
    month: dt.date
    """First day of the month."""
    deliveries: int
    deliveries_rejected: int
    rows_delivered: int
    rows_accepted: int
    rows_quarantined: int
    share_accepted: Decimal | None
    """Of the rows delivered in the month; None when there were none."""
    tickets_opened: int
    tickets_closed: int
    tickets_open: int
    """At the end of the month."""
    median_days_to_fix: float | None
    """Of the tickets corrected in the month, from opening to the delivery that put it right."""


_COLUMNS = ", ".join(Score.__annotations__)


def scorecard(department: str | None = None, month: dt.date | None = None) -> list[Score]:
    """Return the scores of a month, by default the last month anything was delivered in; None: every department."""
    with connect() as connection, connection.cursor(row_factory=class_row(Score)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from ops.department_scorecard"  # noqa: S608
            " where department = coalesce(%s, department) and month = coalesce(date_trunc('month', %s::date)::date,"
            " (select max(month) from ops.department_scorecard))"
            " order by department, dataset",
            [department, month],
        ).fetchall()
