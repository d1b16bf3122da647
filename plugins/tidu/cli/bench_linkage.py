"""The measurement behind `tidu bench linkage`: links against truth, beside simpler methods in the same run."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from rich.table import Table

from tidu.cli import linkage_worlds as worlds
from tidu.cli.bench_linkage_world import accepted_rows, built, fill, linked_on, scratch_warehouse
from tidu.cli.evaluate import LINKS, fetch
from tidu.cli.linkage_plain import plain_links
from tidu.cli.linkage_sets import LabelledSet, held_out, listed_companies, tax_list
from tidu.cli.screen import console, plain
from tidu.identity.linkage.baselines import METHODS, agreement
from tidu.settings import settings

if TYPE_CHECKING:
    from simulators.world.scoring import LinkageScore

SEVERAL = "no usable code, name of several"
EVIDENCE = """
select concat_ws('|', party_kind, party_no) as account, margin, (
    select coalesce(sum((said ->> 'bits')::float8), 0) from jsonb_array_elements(why -> 'comparisons') as said
    where said ->> 'comparison' not in ('name', 'place in name', 'form')) as beyond_name
from intermediate.int_identity__probable_match where enterprise_id is not null
"""


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


@dataclass(frozen=True)
class Measured:
    """What one method makes of a world."""

    name: str
    links: pl.DataFrame
    """dataset, source_key, enterprise_id."""
    score: LinkageScore
    seconds: float


def measure_world(world: Path, folder: Path, as_of: date | None = None) -> None:
    """Print what exact rules, plain Splink and the platform make of a world, whole and by class of difficulty.

    Where another backend than DuckDB is set, the stage is built with both, one after the other.
    """
    from simulators.world.truth import span

    day = as_of or span(world)[1]
    rows = accepted_rows(world, day)
    began = time.perf_counter()
    records, register = worlds.records(rows), worlds.register(rows)
    simple = worlds.exact_rules(records, register)
    taken = time.perf_counter() - began
    truth = pl.read_csv(world / "truth" / "xref.csv", infer_schema=False).unique(["dataset", "source_key"])
    truth = truth.join(simple.select("dataset", "source_key"), on=["dataset", "source_key"], how="semi")
    found = [_measured("exact rules", simple, truth, taken), *_plain(rows, records, truth)]
    with scratch_warehouse(folder):
        fill(rows)
        built("stage", day)
        for backend in dict.fromkeys(("duckdb", settings().linkage_backend)):
            with linked_on(backend):
                taken = built("link", day)
            found.append(_measured(f"ours, stage link on {backend}", fetch(LINKS), truth, taken))
        evidence = fetch(EVIDENCE)
        began = time.perf_counter()
        again = worlds.from_warehouse()
        simple = worlds.exact_rules(worlds.records(again), worlds.register(again))
        taken = time.perf_counter() - began
        found.insert(1, _measured("exact rules, reading the warehouse", simple, truth, taken))
    table = Table(
        "method", "precision", "recall", "F1", "seconds", "x exact rules", title=f"pairs of {len(truth):,} records"
    )
    for one in found:
        shares = (f"{v:.5f}" for v in one.score.pairs)
        table.add_row(one.name, *shares, f"{one.seconds:.1f}", f"{one.seconds / found[0].seconds:.1f}")
    console.print(table)
    known = worlds.difficulty(records, register, truth)
    console.print(_by_class(known, {one.name: one.links for one in found}))
    plain(_of_several(_outcomes(known, found[-1].links), records, evidence))


def _of_several(ours: pl.DataFrame, records: pl.DataFrame, evidence: pl.DataFrame) -> str:
    """Say by what records are tied whose name several enterprises bore, which a name alone must never do."""
    several = ours.filter(pl.col("class") == SEVERAL)
    tied = several.filter(pl.col("outcome") != "open").join(records, on=["dataset", "source_key"])
    known = tied.join(evidence, on="account")
    said = f"name of several: {len(several) - len(tied)} left to a reviewer, {len(tied)} tied"
    if len(tied) > len(known):
        said += f", {len(tied) - len(known)} of them without evidence of their own"
    if len(known):
        least, margin = known.select(pl.min("beyond_name", "margin")).row(0)
        said += f"; beyond the name they have at least {least:.1f} bits, {margin:.1f} before the second candidate"
    return said


def _plain(rows: dict[str, pl.DataFrame], records: pl.DataFrame, truth: pl.DataFrame) -> list[Measured]:
    """Measure plain Splink at its usual threshold, and at the one that does best by the truth."""
    tried = [
        _measured(f"plain Splink at {threshold}", links, truth, seconds)
        for threshold, links, seconds in plain_links(rows, records)
    ]
    best = max(tried, key=lambda one: one.score.pairs[2])
    return [tried[0], replace(best, name=f"{best.name}, its best")]


def _measured(name: str, links: pl.DataFrame, truth: pl.DataFrame, seconds: float) -> Measured:
    from simulators.world import scoring

    return Measured(name, links, scoring.linkage(links, truth), seconds)


def _by_class(known: pl.DataFrame, found: dict[str, pl.DataFrame]) -> Table:
    """Count, by class of difficulty, the records that are with their enterprise, with another, or on their own."""
    table = Table("class of difficulty", "records", *found, title="records right · wrong · left open")
    outcomes = [_outcomes(known, links).group_by("class", "outcome").len() for links in found.values()]
    for label in worlds.CLASSES:
        records = known.filter(pl.col("class") == label).height
        if records:
            counts = [dict(o.filter(pl.col("class") == label).select("outcome", "len").iter_rows()) for o in outcomes]
            cells = (" · ".join(str(c.get(said, 0)) for said in ("right", "wrong", "open")) for c in counts)
            table.add_row(label, str(records), *cells)
    return table


def _outcomes(known: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Say of every record whether it is where its true enterprise is registered; others belong to no registered one.

    Where a method puts two registered enterprises together, nothing that is there is right.
    """
    both = known.join(links.select("dataset", "source_key", "enterprise_id"), on=["dataset", "source_key"])
    homes = (
        both.filter(pl.col("dataset") == "ms_registration").select("true_id", home="enterprise_id").unique("true_id")
    )
    registered = homes.group_by(enterprise_id="home").agg(is_registered=pl.lit(True), alone=pl.len() == 1)
    both = both.join(homes, on="true_id", how="left").join(registered, on="enterprise_id", how="left")
    right = ((pl.col("home") == pl.col("enterprise_id")) & pl.col("alone")) | (
        pl.col("home").is_null() & pl.col("is_registered").is_null()
    )
    outcome = pl.when(right).then(pl.lit("right")).when(pl.col("is_registered")).then(pl.lit("wrong"))
    return both.with_columns(outcome=outcome.otherwise(pl.lit("open")))
