"""How old each dataset is against a business date, and what is late by its contract."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from psycopg.rows import class_row

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as

LATE = """
insert into ops.alert_event (kind, subject, message)
select 'late_delivery', dataset || ':' || coalesce(due_on::text, 'never'),
    case when state = 'never' then format('%%s of %%s was never delivered', dataset, department)
        else format('%%s of %%s was due on %%s; the last delivery is of %%s',
            dataset, department, due_on, last_delivered_on)
    end || case when kept_out_since > 0 then format('; %%s deliveries since were kept out', kept_out_since) else '' end
from ops.dataset_freshness_on(%s)
where state in ('late', 'never')
order by dataset
on conflict do nothing
returning subject
"""


@dataclass(frozen=True)
class Freshness:
    """One dataset on a business date; see ops.dataset_freshness_on."""

    dataset: str
    department: str
    cadence: str
    latency_days: int
    last_delivery_id: int | None
    last_delivered_on: dt.date | None
    """Of the last accepted delivery: what everybody sees until a newer one is accepted."""
    last_rows: int | None
    age_days: int | None
    due_on: dt.date | None
    """Last day on which the next delivery is not late."""
    days_late: int | None
    state: Literal["fresh", "late", "never"]
    kept_out_since: int
    """Deliveries after the last accepted one that were rejected or wait for a decision."""


_COLUMNS = ", ".join(Freshness.__annotations__)


def freshness(as_of: dt.date | None = None) -> list[Freshness]:
    """Return every dataset's age on a business date; without one, on the date the warehouse was maintained for."""
    source = "ops.dataset_freshness" if as_of is None else "ops.dataset_freshness_on(%s)"
    with connect() as connection, connection.cursor(row_factory=class_row(Freshness)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from {source} order by department, dataset".encode(),  # noqa: S608
            [] if as_of is None else [as_of],
        ).fetchall()


@acting_as(Role.CORRECT)
def alert_late(as_of: dt.date) -> list[str]:
    """Raise `late_delivery` for every dataset that is late on a business date; return the subjects raised now.

    Idempotence: a delivery that was due on a day is spoken of once, however often and long it is missing.
    """
    with connect() as connection:
        return [subject for (subject,) in connection.execute(LATE, [as_of]).fetchall()]
