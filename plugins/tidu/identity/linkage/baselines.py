"""Three ways to link one table to another, measured side by side: exact rules, plain Splink, and the platform's own.

Each takes parties and registered enterprises and returns party_id, enterprise_id of what it ties. The first two are
what anyone would write in an afternoon; they stay as they are, so that the third has something to be held against.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import polars as pl

from tidu.identity import name_keys
from tidu.identity.linkage import link
from tidu.settings import settings

Method = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
PLAIN_THRESHOLD = 0.95


def exact_rules(parties: pl.DataFrame, registered: pl.DataFrame) -> pl.DataFrame:
    """Tie by normal forms of names that one registered enterprise bears."""
    names = registered.select("enterprise_id", key=name_keys(registered["name"])).drop_nulls("key").unique()
    sole = names.group_by("key").agg(pl.len(), enterprise_id=pl.col("enterprise_id").first()).filter(pl.col("len") == 1)
    found = parties.select("party_id", key=name_keys(parties["name"])).join(sole, on="key")
    return found.select("party_id", "enterprise_id").unique("party_id", maintain_order=True)


def ours(parties: pl.DataFrame, registered: pl.DataFrame) -> pl.DataFrame:
    """Tie by exact rules first, the rest by probability under constraints."""
    exact = exact_rules(parties, registered)
    rest = parties.join(exact, on="party_id", how="anti")
    backend = settings().linkage_backend
    found = pl.DataFrame(link(rest.to_arrow(), registered.to_arrow(), backend=backend).links)
    return pl.concat([exact, found.select("party_id", "enterprise_id")])


def plain_splink(parties: pl.DataFrame, registered: pl.DataFrame) -> pl.DataFrame:
    """Tie by Splink as its tutorial has it: texts as they are written, trained on the data itself."""
    import duckdb
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    columns = [c for c in ("name", "address", "registered_on") if c in parties.columns and c in registered.columns]
    compare: dict[str, Any] = {
        "name": cl.JaroWinklerAtThresholds("name", [0.95, 0.9, 0.8]),
        "address": cl.JaroWinklerAtThresholds("address", [0.95, 0.85]),
        "registered_on": cl.ExactMatch("registered_on"),
    }
    blocks = [block_on("name"), block_on("substr(name, 1, 4)"), *(block_on(c) for c in columns if c != "name")]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="record",
        comparisons=[compare[c] for c in columns],
        blocking_rules_to_generate_predictions=blocks,
    )
    sides = [
        frame.select(pl.col(owner).alias("owner"), *columns).with_row_index("record")
        for frame, owner in ((parties, "party_id"), (registered, "enterprise_id"))
    ]
    with duckdb.connect() as connection:
        database = DuckDBAPI(connection)
        tables = [
            database.register(side.to_arrow(), dataset_display_name=name)
            for side, name in zip(sides, ("a_party", "b_registered"), strict=True)
        ]
        linker = Linker(tables, settings, log_level=logging.CRITICAL, validate_settings=False)
        linker.training.estimate_probability_two_random_records_match([block_on("name")], recall=0.8)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("substr(address, 1, 6)"))
        linker.training.estimate_parameters_using_expectation_maximisation(block_on("name"))
        found = linker.inference.predict(threshold_match_probability=PLAIN_THRESHOLD)
        pairs: pl.DataFrame = connection.table(found.physical_name).pl()
    owners = [side.select(owner=pl.col("owner"), record=pl.col("record")) for side in sides]
    return (
        pairs.join(owners[0], left_on="record_l", right_on="record")
        .join(owners[1], left_on="record_r", right_on="record", suffix="_r")
        .sort("match_probability", "owner_r", descending=[True, False])
        .select(party_id="owner", enterprise_id="owner_r")
        .unique("party_id", keep="first", maintain_order=True)
    )


METHODS: dict[str, Method] = {"exact names": exact_rules, "plain Splink": plain_splink, "ours": ours}


def agreement(found: pl.DataFrame, truth: pl.DataFrame) -> tuple[int, float, float]:
    """Return the number of links, precision and recall against party_id, enterprise_id (null: none)."""
    right = found.join(truth.drop_nulls(), on=["party_id", "enterprise_id"]).height
    known = found.join(truth, on="party_id", how="semi").height
    return known, right / known if known else 1.0, right / max(int(truth["enterprise_id"].count()), 1)
