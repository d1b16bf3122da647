"""Splink as a competent user sets it up over all records at once: the bar that the platform's own linkage is held to.

No rules, no constraints, no decisions: comparisons and blocking of the usual kind, trained on the records themselves,
and everything above a threshold clustered. It stays as it is, so that there is something to be held against.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

import polars as pl

COLUMNS = ("code", "organisation", "name", "beginning", "district_code", "address")
"""Organisation: that inside the code. Name: its normal form. Beginning: of the name, after its place."""
PROBABILITY = 0.95
WEIGHTS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 6.0, 9.0, 12.0)
"""Further thresholds that are tried, in bits; `PROBABILITY` is 4.2."""
BLOCKS = (("code",), ("organisation",), ("name",), ("address",), ("beginning", "district_code"))


@dataclass(frozen=True)
class Clusters:
    """What one threshold makes of the records."""

    threshold: str
    found: pl.DataFrame
    """record, cluster."""
    seconds: float
    """Of training, comparing and clustering, as if this threshold were the only one."""


def plain_clusters(records: pl.DataFrame) -> list[Clusters]:
    """Cluster records (record and COLUMNS) at every threshold, that of `PROBABILITY` first."""
    import duckdb
    from splink import DuckDBAPI, Linker

    began = time.perf_counter()
    with duckdb.connect() as connection:
        database = DuckDBAPI(connection)
        table = database.register(records.select("record", *COLUMNS).to_arrow(), dataset_display_name="records")
        linker = Linker(table, _settings(), log_level=logging.CRITICAL, validate_settings=False)
        _train(linker)
        pairs = linker.inference.predict(threshold_match_weight=min(WEIGHTS))
        compared = time.perf_counter() - began
        found = []
        for name, threshold in (
            (f"{PROBABILITY}", {"threshold_match_probability": PROBABILITY}),
            *((f"{weight:.0f} bits", {"threshold_match_weight": weight}) for weight in WEIGHTS),
        ):
            began = time.perf_counter()
            clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, **threshold)
            frame = connection.sql(f"select record, cluster_id as cluster from {clusters.physical_name}").pl()  # noqa: S608
            found.append(Clusters(name, frame, compared + time.perf_counter() - began))
    return found


def _settings() -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import SettingsCreator, block_on

    code = comparisons.CustomComparison(
        output_column_name="code",
        comparison_levels=[
            levels.NullLevel("code"),
            levels.ExactMatchLevel("code"),
            levels.DamerauLevenshteinLevel("code", 1),
            levels.ExactMatchLevel("organisation"),
            levels.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        comparisons=[
            code,
            comparisons.JaroWinklerAtThresholds("name", [0.95, 0.88]).configure(term_frequency_adjustments=True),
            comparisons.ExactMatch("district_code"),
            comparisons.JaroWinklerAtThresholds("address", [0.95, 0.85]),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKS],
    )


def _train(linker: Any) -> None:
    from splink import block_on

    certain = [block_on("code"), block_on("name", "district_code")]
    linker.training.estimate_probability_two_random_records_match(certain, recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("code"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("name"))
