"""Where the faulty rows of a world stand: beside the good ones, in place of them, or nowhere.

The same seed gives the same good rows in all three, so that a world can be held against its clean twin: what is
repaired in the one is read off the other. Rows that are odd but must be taken in (repeated, older, slips) stay in all.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from tidu.contracts import DatasetContract

Faults = Literal["beside", "in_place", "none"]
CONFLICT = "row:conflict"


def place(promised: DatasetContract, rows: pl.DataFrame, faults: Faults) -> pl.DataFrame:
    """Return a dataset's rows with its faults where they are wanted.

    beside: faulty copies of good rows, as they were made. in_place: the good row a fault was made from is gone; it
    keeps its key where the fault is not about it. Conflicting rows need the row they contradict and stay beside it,
    and no fault takes that row's place. none: no faulty row at all.
    """
    if faults == "beside":
        return rows
    good, bad = rows.filter(pl.col("_rule").is_null()), rows.filter(pl.col("_rule").is_not_null())
    if faults == "none":
        return good
    conflicts = bad.filter(pl.col("_rule") == CONFLICT)
    contradicted = conflicts["_place"].floor().implode()
    bad = bad.filter(pl.col("_rule") != CONFLICT).with_columns(_place=pl.col("_place").floor())
    bad = bad.filter(~pl.col("_place").is_in(contradicted)).unique("_place", keep="first", maintain_order=True)
    key = promised.key[0]
    originals = good.select("_place", "_delivered_on", _key=key).filter(pl.col("_place") == pl.col("_place").floor())
    bad = bad.join(originals, on=["_place", "_delivered_on"], how="inner", maintain_order="left")
    numbered = pl.col(key).str.replace(r"\d{3}$", "") == pl.col("_key")
    bad = bad.with_columns(pl.when(numbered).then("_key").otherwise(key).alias(key)).select(rows.columns)
    kept = good.join(
        bad.select("_place", "_delivered_on"), on=["_place", "_delivered_on"], how="anti", maintain_order="left"
    )
    return pl.concat([kept, bad, conflicts])
