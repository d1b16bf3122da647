"""Puts deliveries into the warehouse by SQL alone, as landing would leave them, and reads outcomes back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from tidu.contracts import contract

_numbers = itertools.count()


def deliver(
    connection: psycopg.Connection,
    dataset: str,
    delivered_on: str,
    rows: Sequence[Mapping[str, str | None]],
    repeats: int | None = None,
) -> int:
    """Load one delivery of the rows given (missing fields are empty) and return its delivery_id."""
    number = next(_numbers)
    found = connection.execute(
        "insert into ops.delivery (dataset, delivered_on, transport, source_uri, sha256, bytes, rows_delivered, state,"
        " contract_version, landed_uri, repeats_delivery_id)"
        " values (%s, %s, 'test', %s, %s, 1, %s, 'loaded', '1', 'x', %s) returning delivery_id",
        [dataset, delivered_on, f"test:{number}", str(number), len(rows), repeats],
    ).fetchone()
    assert found is not None
    names = contract(dataset).field_names
    copy = sql.SQL("copy raw.{} ({}) from stdin").format(
        sql.Identifier(dataset), sql.SQL(", ").join(map(sql.Identifier, ["delivery_id", "row_no", *names, "_extra"]))
    )
    with connection.cursor() as cursor, cursor.copy(copy) as out:
        for row_no, row in enumerate(rows, 1):
            assert set(row) <= {*names, "_extra"}, set(row)
            extra = row.get("_extra")
            out.write_row([found[0], row_no, *(row.get(n) or None for n in names), extra and json.dumps(extra)])
    return int(found[0])


def outcomes(connection: psycopg.Connection, delivery_id: int) -> list[str]:
    """Return the outcome of each row of a delivery, in order of row_no."""
    found = connection.execute(
        """
        select row_no, 'accepted' from ops.accepted_row where delivery_id = %(id)s
        union all select row_no, outcome from ops.row_set_aside where delivery_id = %(id)s
        union all select row_no, 'quarantined' from ops.quarantine where delivery_id = %(id)s
        order by 1
        """,
        {"id": delivery_id},
    ).fetchall()
    return [outcome for _, outcome in found]
