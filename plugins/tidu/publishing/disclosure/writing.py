"""Hands what was decided to the database: for the rows of the release, and for the releases that come after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from psycopg import Connection

from tidu.publishing.disclosure.control import Decided
from tidu.publishing.disclosure.measure import KEY
from tidu.publishing.disclosure.past import latest

ROWS = Path(__file__).with_name("rows.sql")
TOLD = ("status", "members", "amounts")


def prepare(connection: Connection[Any], decided: Decided) -> None:
    """Make the temporary views city_row and district_row, the rows of the release, which last until the commit."""
    hidden = decided.cells.filter(pl.col("status") != "published").select(*KEY, "status")
    month = pl.col("period").str.to_date("%Y-%m")
    hidden = hidden.with_columns(
        a_month_later=month.dt.offset_by("1mo").dt.strftime("%Y-%m"),
        a_year_later=month.dt.offset_by("12mo").dt.strftime("%Y-%m"),
    )
    of_year = [pl.col(k) for k in KEY if k != "period"] + [pl.col("period").str.head(4).alias("year")]
    left_out = pl.DataFrame(
        list(decided.left_out), schema=dict.fromkeys(("indicator_code", "breakdown", "level"), pl.String), orient="row"
    )
    _temporary(connection, "hidden_cell", hidden)
    _temporary(connection, "hidden_year", hidden.group_by(of_year).agg(first_period=pl.col("period").min()))
    _temporary(connection, "left_out", left_out)
    connection.execute(ROWS.read_text(encoding="utf-8").encode())


def keep(connection: Connection[Any], release_id: int, decided: Decided) -> None:
    """Keep for later releases what this one tells, as far as it is new; a cell once hidden stays so."""
    before = latest(decided.told).select(*KEY, *TOLD)
    state = decided.cells.join(before, on=KEY, how="full", coalesce=True, suffix="_before")
    was_hidden = (pl.col("status_before") != "published").fill_null(False)
    state = state.with_columns(
        status=pl.when(pl.col("status").is_null() & was_hidden).then("status_before").otherwise(
            pl.col("status").fill_null("published")
        )
    )  # fmt: skip
    is_new = pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_before")) for c in TOLD)
    _copy(
        connection,
        "ops.disclosure_cell",
        state.filter(is_new)
        .sort(KEY)
        .select(
            pl.lit(release_id).alias("since_release"),
            *KEY,
            "status",
            "contributors",
            *(_array(name) for name in ("members", "amounts")),
        ),
    )
    problems = [
        (release_id, code, s.period, s.tables(code), s.sha256) for s in decided.solved for code in s.family.shown
    ]
    connection.cursor().executemany(
        "insert into ops.disclosure_problem (release_id, indicator_code, period, tables, cells_sha256)"
        " values (%s, %s, %s, %s, %s)",
        problems,
    )


def _array(name: str) -> pl.Expr:
    return ("{" + pl.col(name).cast(pl.List(pl.String)).list.join(",") + "}").alias(name)


def _temporary(connection: Connection[Any], name: str, rows: pl.DataFrame) -> None:
    columns = ", ".join(f"{column} text" for column in rows.columns)
    connection.execute(f"create temporary table {name} ({columns}) on commit drop".encode())
    _copy(connection, name, rows)
    connection.execute(f"analyze {name}".encode())


def _copy(connection: Connection[Any], table: str, rows: pl.DataFrame) -> None:
    columns = ", ".join(rows.columns)
    with connection.cursor().copy(f"copy {table} ({columns}) from stdin (format csv, null '\\N')".encode()) as copy:
        copy.write(rows.write_csv(include_header=False, null_value="\\N").encode())
