"""`tidu evaluate`: holds the warehouse against a world's truth.

Four questions: who is who (pairs and clusters), is every faulty row in quarantine and no other, does every
delivery's row count come out, is every published cell right. The last is asked twice: by the links the warehouse
found (any difference is an error of arithmetic) and by the true ones (differences show what linkage costs).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tidu.cli.screen import console, plain
from tidu.errors import TiduError

if TYPE_CHECKING:
    import polars as pl

    from simulators.world.scoring import CellComparison, LinkageScore

MIN_PRECISION, MIN_RECALL = 0.997, 0.996
SHOWN = 10
LINKS = "select dataset, source_key, enterprise_id::text as enterprise_id from mart.enterprise_xref"
QUARANTINE = """
select q.dataset, d.delivered_on, q.row_no::bigint as row_no, q.rules
from ops.quarantine as q join ops.delivery as d using (delivery_id)
where q.state in ('open', 'discarded')
"""
LEDGER = """
select l.dataset, d.delivered_on, sum(l.rows_delivered)::bigint as rows, sum(l.rows_accepted)::bigint as accepted,
    sum(l.rows_quarantined)::bigint as quarantined, sum(l.rows_duplicate)::bigint as duplicate,
    sum(l.rows_superseded)::bigint as superseded
from ops.row_ledger as l join ops.delivery as d using (delivery_id)
where d.repeats_delivery_id is null
group by l.dataset, d.delivered_on
"""
PUBLISHED = """
select period, '370200' as district_code, indicator_code, scope, breakdown, breakdown_value, value::text as value,
    cell_status
from publish.city_monthly_latest where breakdown <> 'size_class'
union all
select period, district_code, indicator_code, scope, breakdown, breakdown_value, value::text, cell_status
from publish.district_monthly_latest where breakdown <> 'size_class'
"""


def evaluate(
    truth: Annotated[Path, typer.Option(help="The truth folder of a world, DIR/truth.")],
    as_of: Annotated[str, typer.Option(help="Date the warehouse stands at; empty: that of its release.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on any miss.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Compare the warehouse with a world's truth: linkage, quarantine, row counts, published cells."""
    from simulators.world import scoring
    from simulators.world.truth import compute, span

    world = truth.resolve().parent
    if not (truth / "xref.csv").exists():
        raise TiduError(f"{truth} is no truth folder: xref.csv is missing")
    if not fetch("select to_regclass('mart.enterprise_xref') is not null as built")["built"][0]:
        raise TiduError("nothing is built yet, so there is nothing to compare; run `make run` on this world first")
    day = date.fromisoformat(as_of) if as_of else released_on() or span(world)[1]
    right = compute(world, day)
    found = fetch(LINKS)
    linked = compute(world, day, found.rename({"enterprise_id": "true_id"}))
    score = scoring.linkage(found, right.links)
    faults = scoring.fault_differences(fetch(QUARANTINE), right.faults)
    outcomes = scoring.outcome_differences(fetch(LEDGER), right.row_outcomes)
    published = fetch(PUBLISHED)
    verdict = Verdict(
        day,
        score,
        len(right.faults),
        faults,
        len(right.row_outcomes),
        outcomes,
        scoring.cells(published, linked.monthly),
        scoring.cells(published, right.monthly),
    )
    if as_json:
        plain(json.dumps(verdict.report(), ensure_ascii=False, default=str))
    else:
        verdict.show()
    if strict and not verdict.sound:
        raise typer.Exit(1)


def released_on() -> date | None:
    """Day the newest published release stands at."""
    from tidu.ledger.database import connect

    with connect() as connection:
        row = connection.execute("select max(as_of) from ops.release where state = 'published'").fetchone()
    return row[0] if row else None


def fetch(query: str) -> pl.DataFrame:
    """Read a query's rows through Arrow."""
    import polars as pl

    from tidu.ledger.database import connect_arrow

    with connect_arrow() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return pl.DataFrame(cursor.fetch_arrow_table())


@dataclass(frozen=True)
class Verdict:
    """What the comparison found."""

    as_of: date
    score: LinkageScore
    faults_listed: int
    faults: pl.DataFrame
    """Rows quarantined on one side only, or under a rule that does not fit."""
    deliveries: int
    outcomes: pl.DataFrame
    """Deliveries whose row counts differ."""
    cells: CellComparison
    """Published cells against sums that follow the warehouse's own links: the arithmetic alone."""
    ideal: CellComparison
    """The same against sums by true links; what the records no rule could tie leave in 未分配 differs."""

    @property
    def sound(self) -> bool:
        """True when nothing differs and linkage reaches what exact rules reach."""
        precision, recall, _ = self.score.pairs
        linked = precision >= MIN_PRECISION and recall >= MIN_RECALL and not self.score.missing_keys
        return linked and self.faults.is_empty() and self.outcomes.is_empty() and self.cells.differences.is_empty()

    def report(self) -> dict[str, Any]:
        """Everything as plain data."""
        names = ("precision", "recall", "f1")
        return {
            "as_of": self.as_of,
            "sound": self.sound,
            "linkage": {
                "keys": self.score.keys,
                "missing_keys": self.score.missing_keys,
                "pairs": dict(zip(names, self.score.pairs, strict=True)),
                "clusters": dict(zip(names, self.score.clusters, strict=True)),
            },
            "fault_differences": self.faults.to_dicts(),
            "row_count_differences": self.outcomes.to_dicts(),
            "cells": self._cells(self.cells),
            "cells_by_true_links": self._cells(self.ideal),
        }

    @staticmethod
    def _cells(compared: CellComparison) -> dict[str, Any]:
        return {
            "compared": compared.compared,
            "withheld": compared.withheld,
            "absent": compared.absent,
            "differences": compared.differences.to_dicts(),
        }

    def show(self) -> None:
        """Print the figures, then the first differences of each kind."""
        table = Table("linkage", "precision", "recall", "F1", title=f"warehouse against truth, as of {self.as_of}")
        table.add_row("pairs", *(f"{v:.5f}" for v in self.score.pairs))
        table.add_row("clusters", *(f"{v:.5f}" for v in self.score.clusters))
        console.print(table)
        checks = Table("check", "compared", "differences")
        checks.add_row("source keys held", str(self.score.keys), str(self.score.missing_keys))
        checks.add_row("faulty rows in quarantine, no other", str(self.faults_listed), str(len(self.faults)))
        checks.add_row("row counts of deliveries", str(self.deliveries), str(len(self.outcomes)))
        checks.add_row("published cells, links as found", str(self.cells.compared), str(len(self.cells.differences)))
        checks.add_row("published cells, true links", str(self.ideal.compared), str(len(self.ideal.differences)))
        console.print(checks)
        if self.cells.withheld or self.cells.absent:
            console.print(f"{self.cells.withheld} cells withheld, {self.cells.absent} not published")
        differing = (
            ("quarantine", self.faults), ("row counts", self.outcomes), ("published cells", self.cells.differences),
        )  # fmt: skip
        for title, frame in differing:
            if len(frame):
                listing(title, frame)


def listing(title: str, frame: pl.DataFrame) -> None:
    """Print the first rows of a frame of differences."""
    table = Table(*frame.columns, title=f"{title}: first {min(SHOWN, len(frame))} of {len(frame)} differences")
    for row in frame.head(SHOWN).iter_rows():
        table.add_row(*("" if v is None else str(v) for v in row))
    console.print(table)
