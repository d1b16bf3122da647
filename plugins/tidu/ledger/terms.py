"""The terms of the contracts as tables, so that queries and views know departments, headings and deadlines."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from tidu.contracts import DatasetContract


def register(connection: psycopg.Connection, contracts: Iterable[DatasetContract]) -> None:
    """Make ops.contract_dataset and ops.contract_field say what the contracts say; one row per dataset and field.

    Idempotence: rows that say so already are left alone. What no contract has any more is removed.
    """
    known = list(contracts)
    fields = [(c.name, f.name, f.heading) for c in known for f in c.fields]
    columns = (
        "dataset, department, owner, heading, contract_version, mode, cadence, latency_days, correction_days"
    )  # fmt: skip
    terms = [
        (c.name, c.department, c.owner, c.heading, c.version, c.mode, c.cadence, c.latency_days, c.correction_days)
        for c in known
    ]
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns.split(", ")[1:])
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from ops.contract_dataset where dataset <> all(%s)", [[c.name for c in known]])
        cursor.execute(
            "delete from ops.contract_field"
            " where (dataset, field) not in (select * from unnest(%s::text[], %s::text[]))",
            [[dataset for dataset, _, _ in fields], [field for _, field, _ in fields]],
        )
        cursor.executemany(
            f"insert into ops.contract_dataset as t ({columns}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
            f" on conflict (dataset) do update set {updates} where t is distinct from excluded",
            terms,
        )
        cursor.executemany(
            "insert into ops.contract_field as t (dataset, field, heading) values (%s, %s, %s)"
            " on conflict (dataset, field) do update set heading = excluded.heading"
            " where t.heading <> excluded.heading",
            fields,
        )
