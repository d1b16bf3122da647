"""What the cells of protected indicators are made of, and which of them tell too much by themselves."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from tidu.ledger.database import connect_arrow
from tidu.publishing.disclosure.families import families
from tidu.publishing.disclosure.parameters import Parameters

CELLS = Path(__file__).with_name("cells.sql")
CONTRIBUTIONS = "select * from intermediate.int_monitoring__protected_contribution"
KEY = ["indicator_code", "period", "scope", "breakdown", "breakdown_value", "place"]
FLAGS = ("kept", "known", "linked")
"""Of a cell: hidden for what was told before; its value stood open before; what it goes with is hidden."""


def measured(parameters: Parameters) -> pl.DataFrame:
    """Return what each cell with any contributor is made of; see cells.sql. `tells`: by itself it tells too much.

    Grain: KEY; columns contributors (where nobody has an amount: who filed zero), amount, magnitude (sum of absolute
    contributions), first and second (the largest of them), members and amounts (null for more than two crowds); and
    false, because what was told before is not known here: kept, known, linked.
    """
    with connect_arrow() as source, source.cursor() as cursor:
        cursor.execute(CONTRIBUTIONS)
        contribution = cursor.fetch_arrow_table()
    return cells(contribution, parameters)


def cells(contribution: object, parameters: Parameters) -> pl.DataFrame:
    """Return the same of an Arrow table of contributions."""
    with duckdb.connect() as engine:
        engine.register("contribution", contribution)
        pairs = [(f.whole, f.part, f.rest) for f in families(parameters) if f.whole]
        engine.register("pair", pl.DataFrame(pairs, schema=["whole", "part", "rest"], orient="row").to_arrow())
        limits = {"crowd": parameters.crowd, "fewest": parameters.fewest_contributors}
        query = engine.sql(CELLS.read_text(encoding="utf-8"), params=limits)
        found = pl.DataFrame(query.to_arrow_table())
    largest = pl.col("largest")
    found = found.with_columns(
        **{flag: pl.lit(False) for flag in FLAGS},
        first=largest.list.get(0, null_on_oob=True).fill_null(0) / 100,
        second=largest.list.get(1, null_on_oob=True).fill_null(0) / 100,
    ).drop("largest")
    return found.with_columns(tells=tells(parameters)).sort(KEY)


def tells(parameters: Parameters) -> pl.Expr:
    """Whether a cell, or a sum of cells, with contributors, magnitude, first and second tells too much.

    Nobody's cell tells nothing; one in which too few filed, and all of them zero, tells of them.
    """
    n, magnitude, first, second = (pl.col(c) for c in ("contributors", "magnitude", "first", "second"))
    dominated = (
        (first > parameters.largest_share * magnitude)
        | (first + second > parameters.two_largest_share * magnitude)
        | (magnitude - first - second < parameters.margin * first)
    )
    return (n > 0) & ((n < parameters.fewest_contributors) | dominated)
