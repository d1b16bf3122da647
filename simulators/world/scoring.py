"""Compares what a warehouse holds with the truth of a world: links, quarantine, row counts, published cells.

Frames in, figures and differences out; where the warehouse's frames come from is the caller's matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

KEYS = ["dataset", "delivered_on", "row_no"]
COUNTS = ["rows", "accepted", "quarantined", "duplicate", "superseded"]
CELL = ["period", "district_code", "indicator_code", "scope", "breakdown", "breakdown_value"]
RATE_TOLERANCE = 1e-6
CITY = "370200"


@dataclass(frozen=True)
class LinkageScore:
    """Agreement of two groupings of the same source keys."""

    keys: int
    missing_keys: int
    """Keys of the truth that the warehouse does not hold."""
    pairs: tuple[float, float, float]
    """Precision, recall, F1 over all pairs of keys that share an enterprise."""
    clusters: tuple[float, float, float]
    """The same over enterprises whose set of keys is exactly right."""


def linkage(found: pl.DataFrame, true: pl.DataFrame) -> LinkageScore:
    """Score `found` (dataset, source_key, enterprise_id) against `true` (dataset, source_key, true_id).

    Pairs are counted in closed form, n(n-1)/2 per group; a key the warehouse lacks counts as a group of its own.
    """
    keys = true.join(found, on=["dataset", "source_key"], how="left").with_row_index("_n")
    missing = int(keys["enterprise_id"].null_count())
    keys = keys.with_columns(
        enterprise_id=pl.coalesce(pl.col("enterprise_id").cast(pl.String), "missing " + pl.col("_n").cast(pl.String))
    )
    both = keys.group_by("true_id", "enterprise_id").agg(n=pl.len())
    by_true = both.group_by("true_id").agg(pl.col("n").sum(), parts=pl.len())
    by_found = both.group_by("enterprise_id").agg(pl.col("n").sum(), parts=pl.len())
    right = both.join(by_true, on="true_id", suffix="_true").join(by_found, on="enterprise_id", suffix="_found")
    exact = right.filter((pl.col("n") == pl.col("n_true")) & (pl.col("n") == pl.col("n_found"))).height
    agreed = pairs(both["n"])
    return LinkageScore(
        keys=len(keys),
        missing_keys=missing,
        pairs=f_score(agreed, pairs(by_found["n"]), pairs(by_true["n"])),
        clusters=f_score(exact, len(by_found), len(by_true)),
    )


def pairs(sizes: pl.Series) -> int:
    """Number of pairs within groups of these sizes."""
    n = sizes.cast(pl.Int64)
    return int((n * (n - 1) // 2).sum())


def f_score(agreed: int, found: int, true: int) -> tuple[float, float, float]:
    """Precision, recall and F1; 1 where there is nothing to find."""
    precision = agreed / found if found else 1.0
    recall = agreed / true if true else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def fault_differences(held: pl.DataFrame, true: pl.DataFrame) -> pl.DataFrame:
    """Rows quarantined on one side only, or under rules that do not fit.

    `held`: dataset, delivered_on, row_no, rules (list); `true`: the same with rule (null fits any).
    Returns those columns and `problem`: missing, unexpected or other rule.
    """
    true = true.group_by(KEYS).agg(wanted=pl.col("rule").drop_nulls())
    both = held.with_columns(_held=pl.lit(True)).join(
        true.with_columns(_true=pl.lit(True)), on=KEYS, how="full", coalesce=True
    )
    fits = (pl.col("wanted").list.len() == 0) | (pl.col("wanted").list.set_intersection("rules").list.len() > 0)
    problem = (
        pl.when(pl.col("_held").is_null()).then(pl.lit("missing"))
        .when(pl.col("_true").is_null()).then(pl.lit("unexpected"))
        .when(~fits).then(pl.lit("other rule"))
    )  # fmt: skip
    return (
        both.with_columns(problem=problem)
        .filter(pl.col("problem").is_not_null())
        .select(*KEYS, "wanted", "rules", "problem")
        .sort(KEYS)
    )


def outcome_differences(held: pl.DataFrame, true: pl.DataFrame) -> pl.DataFrame:
    """Deliveries whose row counts differ: dataset, delivered_on, then each count as held and as true."""
    both = true.join(held, on=["dataset", "delivered_on"], how="full", coalesce=True, suffix="_held")
    same = pl.all_horizontal(pl.col(c).eq_missing(pl.col(f"{c}_held")) for c in COUNTS)
    return both.filter(~same).sort("dataset", "delivered_on")


@dataclass(frozen=True)
class CellComparison:
    """Published cells beside the true ones."""

    compared: int
    withheld: int
    """Cells suppressed or incomplete, which are not compared."""
    absent: int
    """Cells that are not published although the truth has a value for them, zero included."""
    differences: pl.DataFrame
    """The cell, `value` (true), `published`, `cell_status`."""


def cells(published: pl.DataFrame, true: pl.DataFrame) -> CellComparison:
    """Compare every true cell with the published one; money and counts exactly, rates to six places.

    A true cell without a value (a rate over nothing) may be absent or empty; any other absent cell must be zero. Of a
    breakdown only tables that the release has are compared: by indicator, scope, and city or districts.
    """
    table = ["indicator_code", "scope", "breakdown", "is_city"]
    is_city = (pl.col("district_code") == CITY).alias("is_city")
    told = published.with_columns(is_city).select(table).unique()
    whole = pl.col("breakdown").is_in(["", "tier"])
    cut = true.filter(~whole).with_columns(is_city).join(told, on=table, how="semi").drop("is_city")
    true = pl.concat([true.filter(whole), cut])
    both = true.join(published.with_columns(_there=pl.lit(True)), on=CELL, how="left", suffix="_published")
    withheld = pl.col("cell_status").fill_null("published") != "published"
    wanted, got = pl.col("value").cast(pl.Float64), pl.col("value_published").cast(pl.Float64)
    exact = pl.col("value").cast(pl.Decimal(38, 2)) == pl.col("value_published").cast(pl.Decimal(38, 2))
    rate = pl.col("indicator_code") == "arrears_settlement_rate"
    equal = pl.when(rate).then((wanted - got).abs() <= RATE_TOLERANCE).otherwise(exact)
    empty = pl.col("value").is_null() & pl.col("value_published").is_null()
    absent = pl.col("_there").is_null() & pl.col("value").is_not_null()
    zero = absent & (wanted == 0)
    good = (withheld | empty | zero | equal).fill_null(False)
    return CellComparison(
        compared=both.filter(~withheld).height,
        withheld=both.filter(withheld).height,
        absent=both.filter(absent).height,
        differences=both.filter(~good)
        .select(*CELL, "value", published="value_published", cell_status="cell_status")
        .sort(CELL),
    )
