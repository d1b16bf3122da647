"""What a correct platform holds after taking in a world: an independent computation from the world's files.

Uses the delivered CSV files, truth/xref.csv and truth/faults.csv and nothing of how the world was made, so it
runs on any world that has a truth folder, for any date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import yaml

from simulators.world.figures import monthly
from simulators.world.settling import row_outcomes, settled
from simulators.world.standing import standing


@dataclass(frozen=True)
class Truth:
    """All that can be checked."""

    row_outcomes: pl.DataFrame
    """dataset, delivered_on, rows, accepted, quarantined, duplicate, superseded."""
    monthly: pl.DataFrame
    """period, district_code, indicator_code, scope, breakdown, breakdown_value, value (text, exact)."""
    links: pl.DataFrame
    """dataset, source_key, true_id of every accepted key that belongs to an enterprise."""
    faults: pl.DataFrame
    """dataset, delivered_on, row_no, rule (null: a conflict nobody listed)."""


def span(world: Path) -> tuple[date, date]:
    """First month and default as_of of a world, from its world.yaml."""
    head = yaml.safe_load((world / "world.yaml").read_text(encoding="utf-8"))
    return head["start"], head.get("as_of") or head["end"]


def compute(world: Path, as_of: date | None = None, links: pl.DataFrame | None = None) -> Truth:
    """Work out row outcomes, links and monthly figures of a world as known on `as_of` (default: the world's own).

    With `links` (dataset, source_key, true_id) figures follow them instead of truth/xref.csv: what must be
    published by a platform that ties the records together in this way.
    """
    start, default = span(world)
    return computed(world, start, as_of or default, links)


def computed(world: Path, start: date, as_of: date, links: pl.DataFrame | None = None) -> Truth:
    """The same for a world whose world.yaml is not yet written."""
    rows = settled(world, as_of)
    xref = pl.read_csv(world / "truth" / "xref.csv", infer_schema=False) if links is None else links
    accepted = {name: owned(frame, name, xref) for name, frame in rows.items()}
    known = standing(accepted["ms_registration"], accepted["ms_change_event"], start, as_of)
    tied = pl.concat(
        frame.filter(pl.col("_true_id").is_not_null()).select(
            dataset=pl.lit(name), source_key="_source_key", true_id="_true_id"
        )
        for name, frame in accepted.items()
    )
    faults = pl.concat(
        frame.filter(pl.col("_outcome") == "quarantined").select(
            dataset=pl.lit(name), delivered_on="_delivered_on", row_no="_row_no", rule="_fault"
        )
        for name, frame in rows.items()
    )
    return Truth(row_outcomes(rows), monthly(accepted, known), tied.unique(maintain_order=True), faults)


def owned(rows: pl.DataFrame, dataset: str, xref: pl.DataFrame) -> pl.DataFrame:
    """The accepted rows of a dataset with the enterprise each belongs to as `_true_id`."""
    whose = xref.filter(pl.col("dataset") == dataset).select(_source_key="source_key", _true_id="true_id")
    accepted = rows.filter(pl.col("_outcome") == "accepted")
    return accepted.join(whose.unique("_source_key"), on="_source_key", how="left", maintain_order="left")
