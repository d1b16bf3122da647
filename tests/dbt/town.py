"""A small warehouse made by hand: deliveries that count as accepted, and the dbt stages over them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import psycopg
from stdnum.cn import uscc as stdnum_uscc

from tidu.contracts import contract
from tidu.transform import begin_build, build, finish_build

Row = Mapping[str, object]


def uscc(number: int) -> str:
    """Return a valid unified social credit code, another one for every number."""
    body = f"{number:08d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = 11 - sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11
    code = f"91370200{body}{'X' if check == 10 else '0' if check == 11 else check}"
    return code + str(stdnum_uscc.calc_check_digit(code))


def deliver(dsn: str, dataset: str, delivered_on: str, rows: Sequence[Row] = (), state: str = "accepted") -> int:
    """Record one delivery with its rows, all of them accepted unless the delivery is rejected."""
    c = contract(dataset)
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "insert into ops.delivery (dataset, delivered_on, transport, source_uri, sha256, bytes, rows_delivered,"
            " state, contract_version, landed_uri) values (%s, %s, %s, %s, %s, 1, %s, %s, %s, '')"
            " returning delivery_id",
            [dataset, delivered_on, c.transport, f"folder:{dataset}_{delivered_on}_{uuid.uuid4().hex}.csv",
             uuid.uuid4().hex, len(rows), state, c.version],
        ).fetchone()  # fmt: skip
        assert found
        delivery_id = int(found[0])
        named = list(dict.fromkeys(name for row in rows for name in row))
        assert set(named) <= set(c.field_names), set(named) - set(c.field_names)
        told = [[None if row.get(name) is None else str(row[name]) for name in named] for row in rows]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"insert into raw.{dataset} (delivery_id, row_no, {', '.join(named)})"
                f" values (%s, %s{', %s' * len(named)})".encode(),
                [[delivery_id, number, *values] for number, values in enumerate(told, start=1)],
            )
            if state == "accepted":
                cursor.executemany(
                    "insert into ops.accepted_row values (%s, %s, %s, %s, %s, %s)",
                    [[dataset, delivery_id, number, "|".join(str(row[k]) for k in c.identity_key),
                      int(str(row.get("version") or 0)), hashlib.md5(repr(values).encode()).hexdigest()]
                     for number, (row, values) in enumerate(zip(rows, told, strict=True), start=1)],
                )  # fmt: skip
    return delivery_id


def take_in(
    as_of: str, series_start: str = "", run_id: str = "town", *, until: str = "mart", full_refresh: bool = False
) -> list[int]:
    """Take every accepted delivery from staging to the marts, or as far as `until`; return which were new."""
    taken = begin_build(run_id)
    variables = {"as_of": as_of, "series_start": series_start}
    build(until, run_id, variables, since="stage", full_refresh=full_refresh)
    finish_build(run_id)
    return taken


def build_figures(as_of: str, series_start: str = "", run_id: str = "town") -> list[int]:
    """Take every accepted delivery from staging to the monitoring figures; return which were new."""
    taken = take_in(as_of, series_start, run_id)
    build("monitor", run_id, {"as_of": as_of, "series_start": series_start})
    return taken


class Figures:
    """Reads published-to-be cells of one warehouse."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def cell(
        self, indicator: str, period: str, place: str = "370200", scope: str = "all", cut: tuple[str, str] = ("", "")
    ) -> dict[str, object]:
        """Return value, yoy, mom, ytd and status of one cell; fails when there is none."""
        table, where = ("city", "") if place == "370200" else ("district", f" and district_code = '{place}'")
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(
                f"select value, yoy, mom, ytd, cell_status from intermediate.int_monitoring__{table}_month"
                " where indicator_code = %s and period = %s and scope = %s and breakdown = %s"
                f" and breakdown_value = %s{where}".encode(),
                [indicator, period, scope, *cut],
            ).fetchall()
        assert len(rows) == 1, f"{indicator} {period} {place} {scope} {cut}: {len(rows)} cells"
        return dict(zip(("value", "yoy", "mom", "ytd", "status"), rows[0], strict=True))

    def value(
        self, indicator: str, period: str, place: str = "370200", scope: str = "all", cut: tuple[str, str] = ("", "")
    ) -> Decimal | None:
        """Return the value of one cell."""
        found = self.cell(indicator, period, place, scope, cut)["value"]
        assert found is None or isinstance(found, Decimal)
        return found

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode()).fetchall()
