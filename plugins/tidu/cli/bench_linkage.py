"""The measurement behind `tidu bench linkage`: links against truth, beside simpler methods in the same run."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import polars as pl
from rich.table import Table

from tidu.cli import linkage_worlds as worlds
from tidu.cli.bench_linkage_world import accepted_rows, built, fill, scratch_warehouse
from tidu.cli.evaluate import LINKS, fetch
from tidu.cli.linkage_sets import LabelledSet, held_out, listed_companies, tax_list
from tidu.cli.screen import console
from tidu.identity.linkage.baselines import METHODS, agreement


def measure_sets(folder: Path) -> None:
    """Print precision and recall of every method on the labelled sets in a folder."""
    for labelled in (tax_list(folder / "jiangxi_tax_registry"), listed_companies(folder / "ashare_shortname")):
        console.print(set_report(labelled))


def set_report(labelled: LabelledSet) -> Table:
    """Measure every method on one set; the last columns count only parties no weight was trained on."""
    table = Table(
        "method", "links", "precision", "recall", "held out: precision", "recall", "seconds", title=labelled.name
    )
    apart = labelled.truth.filter(held_out(pl.col("party_id")))
    for name, method in METHODS.items():
        began = time.perf_counter()
        found = method(labelled.parties, labelled.registered)
        seconds = time.perf_counter() - began
        links, *whole = agreement(found, labelled.truth)
        _, *half = agreement(found, apart)
        table.add_row(name, str(links), *(f"{v:.4f}" for v in (*whole, *half)), f"{seconds:.1f}")
    return table


def measure_world(world: Path, folder: Path, as_of: date | None = None) -> None:
    """Print what the platform and exact rules make of a world, whole and by class of difficulty."""
    from simulators.world import scoring
    from simulators.world.truth import span

    day = as_of or span(world)[1]
    rows = accepted_rows(world, day)
    began = time.perf_counter()
    records, register = worlds.records(rows), worlds.register(rows)
    exact = worlds.exact_rules(records, register)
    seconds = {"exact rules": time.perf_counter() - began}
    with scratch_warehouse(folder):
        fill(rows)
        built("stage", day)
        seconds["ours, stage link"] = built("link", day)
        ours = fetch(LINKS)
    truth = pl.read_csv(world / "truth" / "xref.csv", infer_schema=False).unique(["dataset", "source_key"])
    truth = truth.join(ours.select("dataset", "source_key"), on=["dataset", "source_key"], how="semi")
    found = {"exact rules": exact, "ours, stage link": ours}
    table = Table("method", "precision", "recall", "F1", "seconds", title=f"pairs of {len(truth):,} records")
    for name, links in found.items():
        score = scoring.linkage(links, truth)
        table.add_row(name, *(f"{v:.5f}" for v in score.pairs), f"{seconds[name]:.1f}")
    console.print(table)
    console.print(_by_class(worlds.difficulty(records, register, truth), found))


def _by_class(known: pl.DataFrame, found: dict[str, pl.DataFrame]) -> Table:
    """Count, by class of difficulty, the records that are with their enterprise, with another, or on their own."""
    table = Table("class of difficulty", "records", *(f"{m}: {v}" for m in found for v in ("right", "wrong", "open")))
    outcomes = {name: _outcomes(known, links) for name, links in found.items()}
    for label in worlds.CLASSES:
        counts = [
            frame.filter((pl.col("class") == label) & (pl.col("outcome") == outcome)).height
            for frame in outcomes.values()
            for outcome in ("right", "wrong", "open")
        ]
        if any(counts):
            table.add_row(label, str(known.filter(pl.col("class") == label).height), *map(str, counts))
    return table


def _outcomes(known: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Say of every record whether it is where its true enterprise is registered; others belong to no registered one."""
    both = known.join(links.select("dataset", "source_key", "enterprise_id"), on=["dataset", "source_key"])
    homes = (
        both.filter(pl.col("dataset") == "ms_registration").select("true_id", home="enterprise_id").unique("true_id")
    )
    registered = homes.select(enterprise_id="home", is_registered=pl.lit(True)).unique()
    both = both.join(homes, on="true_id", how="left").join(registered, on="enterprise_id", how="left")
    right = (pl.col("home") == pl.col("enterprise_id")) | (pl.col("home").is_null() & pl.col("is_registered").is_null())
    outcome = pl.when(right).then(pl.lit("right")).when(pl.col("is_registered")).then(pl.lit("wrong"))
    return both.with_columns(outcome=outcome.otherwise(pl.lit("open")))
