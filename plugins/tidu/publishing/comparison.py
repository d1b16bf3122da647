"""Whether figures made again are those released from the same inputs, cell by cell."""

# ruff: noqa: S608 - SQL is composed from the tables and columns of this room

from __future__ import annotations

import datetime as dt

from psycopg.rows import scalar_row

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.publishing.manifest import digest, inputs
from tidu.publishing.publication import MOVEMENT, is_released, release_of

FIGURE = "indicator_code, indicator_name, scope, breakdown, breakdown_value, value, unit"
"""Of a cell, what stands in a release as it was made; its ratios and status also tell what else is hidden."""
MADE_FROM = {
    "city_monthly": (f"period, {FIGURE}", "intermediate.int_monitoring__city_month"),
    "district_monthly": (
        f"period, district_code, district_name, {FIGURE}",
        "intermediate.int_monitoring__district_month",
    ),
    "stock_movement": (MOVEMENT, "intermediate.int_monitoring__stock_movement"),
}
"""Released table -> its columns, and the model they were copied from."""
OPEN = " and cell_status not like 'suppressed%'"
PUBLIC = " where indicator_code in (select code from intermediate.seed_indicator where disclosure = 'public')"


@acting_as(Role.PUBLISH)
def differences_from_release(as_of: dt.date) -> dict[str, int] | None:
    """Return by released table how many rows the figures at hand and the release of their inputs do not share.

    Hidden cells are not compared. An empty answer: they are the same. None: there is no release of the same deliveries,
    contracts and models to compare with.
    """
    if not is_released(as_of):
        return None
    with connect() as connection, connection.cursor(row_factory=scalar_row) as cursor:
        months = connection.execute(
            "select min(period), max(period) from intermediate.int_monitoring__month"
        ).fetchone()
        if months is None or months[0] is None:
            return None
        newest = release_of(connection, digest(inputs(connection, *months)))
        if newest is None:
            return None
        found: dict[str, int] = {}
        for table, (columns, model) in MADE_FROM.items():
            released = f"select {columns} from publish.{table} where release_id = {int(newest)}"
            made = f"select {columns} from {model}"
            shown, expected = (released, made) if table == "stock_movement" else (released + OPEN, made + PUBLIC)
            only = f"(({shown}) except all ({made})) union all (({expected}) except all ({released}))"
            count = cursor.execute(f"select count(*) from ({only}) as d".encode()).fetchone()
            if count:
                found[table] = int(count)
        return found
