"""How likely two records are of one enterprise: Splink's Fellegi-Sunter model over given candidate pairs.

Splink is asked for exactly the pairs it is given: both records of a pair bear the pair's number, and the only blocking
rule is that they share one. How rare a name, a core or a brand is comes from the whole register, not from candidates.
"""

from __future__ import annotations

import logging
from typing import Any

import polars as pl
import pyarrow as pa

from tidu.identity.linkage.backends import opened
from tidu.identity.linkage.comparisons import COMPARISONS, RARITY, settings
from tidu.identity.linkage.features import COMPARED

PARTIES, REGISTERED = "a_party", "b_registered"
"""Splink puts the data set whose name comes first on the left: a shortened name is always the party's."""


def score(
    parties: pl.DataFrame,
    registered: pl.DataFrame,
    pairs: pl.DataFrame,
    *,
    weights: dict[str, dict[str, tuple[float, float]]],
    prior: float,
    frequencies: dict[str, pl.DataFrame],
    backend: str = "duckdb",
) -> pl.DataFrame:
    """Return one row per pair: party_record, registered_record, match_weight (bits), level_<comparison>, bits_<…>.

    A level is 0 for `else` and counts upwards to the most alike; -1 where the comparison says nothing. bits are the
    weight a comparison adds, rarity included. Raises SettingsError when the backend is not installed.
    """
    from splink import Linker

    if pairs.is_empty():
        return pairs.with_columns(match_weight=pl.lit(0.0))
    numbered = pairs.with_row_index("pair")
    with opened(backend) as database:
        sides = [
            database.register(_side(records, numbered, column), dataset_display_name=name)
            for records, column, name in (
                (parties, "party_record", PARTIES), (registered, "registered_record", REGISTERED),
            )
        ]  # fmt: skip
        asked = settings(weights, prior, backend)
        linker = Linker(sides, asked, log_level=logging.CRITICAL, validate_settings=False)
        for column in RARITY:
            table = frequencies[column].rename({"frequency": f"tf_{column}"}).to_arrow()
            lookup = database.register(table, dataset_display_name=f"rarity_{column}")
            linker.table_management.register_term_frequency_lookup(lookup, column)
        # what was compared is kept beside the result, and is many times its size: it stays behind
        columns = ", ".join(["record_l", "record_r", "match_weight", *map(_level, COMPARISONS), *_factors()])
        found = linker.inference.predict().physical_name
        answer = database.query_sql(f"select {columns} from {found}")  # noqa: S608
        return _named(pl.DataFrame(answer.as_pyarrow_table()))


def _side(records: pl.DataFrame, pairs: pl.DataFrame, column: str) -> pa.Table:
    of_record = pairs.group_by(pl.col(column).alias("record")).agg(pairs="pair")
    side = records.join(of_record, on="record").select("record", *COMPARED, "pairs")
    # Spark knows no numbers without sign
    return side.with_columns(pl.col("record").cast(pl.Int64), pl.col("pairs").cast(pl.List(pl.Int64))).to_arrow()


def _named(found: pl.DataFrame) -> pl.DataFrame:
    columns: list[Any] = [
        pl.col("record_l").cast(pl.UInt32).alias("party_record"),
        pl.col("record_r").cast(pl.UInt32).alias("registered_record"),
    ]
    for name in COMPARISONS:
        output = name.replace(" ", "_")
        columns += [
            pl.col(_level(name)).cast(pl.Int32).alias(f"level_{output}"),
            pl.sum_horizontal(_factors(name)).round(6).alias(f"bits_{output}"),
        ]
    return found.select(*columns, match_weight=pl.col("match_weight").round(6)).sort(
        "party_record", "registered_record"
    )


def _level(name: str) -> str:
    return f"gamma_{name.replace(' ', '_')}"


def _factors(*names: str) -> list[str]:
    """Return Splink's columns of bits: one per comparison, and one more where the rarity of a value counts."""
    found = []
    for name in names or COMPARISONS:
        rare = any(rarity for _, _, rarity in COMPARISONS[name])
        found += [f"{kind}_{name.replace(' ', '_')}" for kind in (("mw", "mw_tf_adj") if rare else ("mw",))]
    return found


def rarity(registered: pl.DataFrame, size: int | None = None) -> dict[str, pl.DataFrame]:
    """Return, for each column of `RARITY`, the share of other registered records a value is expected to be borne by.

    A value borne once says only that nobody else has been seen with it; how often a second bearer turns up is read from
    the register itself, by how many values have two bearers (Good and Turing).
    """
    found: dict[str, pl.DataFrame] = {}
    every = max(size or registered["owner"].n_unique(), 1)
    for column in RARITY:
        counts = registered.select(column, "owner").drop_nulls(column).unique().group_by(column).len().sort(column)
        once, twice = (counts.filter(pl.col("len") == n).height for n in (1, 2))
        unseen = min(max(2 * twice / max(once, 1), 0.02), 1.0)
        share = (pl.col("len") - 1 + unseen) / every
        found[column] = counts.select(column, frequency=share)
    return found
