"""What a release must not show: decides it for every protected indicator and month before the release is written."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
from psycopg import Connection

from tidu.publishing.disclosure.beside import side_by_side
from tidu.publishing.disclosure.families import Family, families
from tidu.publishing.disclosure.measure import KEY, measured
from tidu.publishing.disclosure.parameters import Parameters, parameters
from tidu.publishing.disclosure.past import SCHEMA, kept_hidden, known, latest, marked
from tidu.publishing.disclosure.problem import CITY, Table
from tidu.publishing.disclosure.search import Search, Solved, known_problems, left_out_before
from tidu.publishing.registry import indicators

LEVEL = pl.when(pl.col("place") == CITY).then(pl.lit("city")).otherwise(pl.lit("district")).alias("level")
STATE: dict[str, Any] = {
    **{name: SCHEMA[name] for name in (*KEY, "status")},
    "contributors": pl.Int32,
    **{name: SCHEMA[name] for name in ("members", "amounts")},
}
HIDDEN_BESIDES = 2.0
"""As seen: for each cell of a breakdown that tells, about one more is hidden."""


@dataclass(frozen=True)
class Decided:
    """What a release hides."""

    cells: pl.DataFrame
    """KEY, status, contributors, members, amounts of every hidden or small cell of the tables released; with those
    that stay hidden though nobody is left in them."""
    solved: list[Solved]
    told: pl.DataFrame
    """Every state of a cell that earlier releases told; see past.py."""
    keep: pl.DataFrame
    """KEY of the cells that have to stay hidden for what was told before."""
    left_out: dict[Table, float]
    """Tables that are not released, for the share of their cells that would be hidden; where so much tells by itself
    that nothing was solved, that share times HIDDEN_BESIDES."""
    shares: dict[Table, float]
    """Share of hidden cells of every table released, totals included."""

    def summary(self) -> dict[str, Any]:
        """Return what stands in the manifest."""
        return {
            "secret_cells": sum(int(s.problem.secret.sum()) for s in self.solved),
            "told_before": sum(int((s.problem.secret & s.problem.known).sum()) for s in self.solved),
            "left_out": {"/".join(table): round(share, 6) for table, share in sorted(self.left_out.items())},
            "hidden": {"/".join(table): round(share, 6) for table, share in sorted(self.shares.items())},
        }


def decide(connection: Connection[Any]) -> Decided:
    """Decide what the release of the figures at hand hides and which tables it leaves out.

    A breakdown is released for districts and the city, else for the city alone, else not at all: the finest of which at
    most `most_hidden` of the cells that hold anything would be hidden. Totals are always released. What the newest
    release left out stays left out as long as any month is as it was: shown now, it would have to be protected against
    all that stood open. Idempotence: the same figures after the same releases give the same answer.
    """
    rules = parameters()
    cells = measured(rules)
    told = known(connection)
    keep = kept_hidden(told, cells, rules)
    cells = marked(cells, keep)
    latest_hidden = latest(told).filter(pl.col("status") != "published")
    search = Search(connection, rules, known_problems(connection), latest_hidden)
    left_out, before = _telling(cells, rules), left_out_before(connection)
    solved: list[Solved] = []
    shares: dict[Table, float] = {}
    for family in families(rules):
        own = cells.filter(pl.col("indicator_code").is_in(family.codes))
        other = rules.rates[family.shown[0]] if family.is_rate else ""
        if other:
            # the open amount would be the rate of a table in which it is not released itself
            left_out |= {(family.shown[0], b, level): s for (code, b, level), s in left_out.items() if code == other}
            own = _linked(own, family, [s for s in solved if other in s.family.shown])
        months = [group for _, group in own.group_by("period", maintain_order=True)]
        if any(search.is_same(family, group) for group in months):
            left_out |= {table: share for table, share in before.items() if table[0] in family.shown}
        while True:
            tables = frozenset().union(*(_chosen(code, left_out) for code in family.shown))
            found = side_by_side(partial(search.solve, family, tables), months)
            share = _shares(found)
            over = {t: s for t, s in share.items() if t[1] and s > rules.most_hidden}
            finest = {t: s for t, s in over.items() if t[2] == "district"} or over
            if not finest:
                break
            left_out |= finest
        solved += found
        shares |= share
    return Decided(_states(solved, keep), solved, told, keep, left_out, shares)


def _linked(cells: pl.DataFrame, family: Family, others: list[Solved]) -> pl.DataFrame:
    """Mark the cells of a rate of which the amount that gives it away is secret or hidden."""
    hidden = [s.problem.frame.filter(pl.Series(s.problem.secret | s.hidden)).select(KEY) for s in others]
    if not hidden:
        return cells
    as_own = [pl.concat(hidden).with_columns(indicator_code=pl.lit(code)) for code in family.codes]
    return marked(cells, pl.concat(as_own), "linked")


def _telling(cells: pl.DataFrame, rules: Parameters) -> dict[Table, float]:
    """Return the tables of which so much tells by itself that, with what has to be hidden besides, it is too much."""
    counted = (
        cells.filter(pl.col("breakdown") != "", pl.col("indicator_code").is_in(list(indicators())))
        .group_by("indicator_code", "breakdown", LEVEL)
        .agg(share=pl.col("tells").mean())
    )
    expected = counted.with_columns(share=pl.min_horizontal(pl.col("share") * HIDDEN_BESIDES, 1.0))
    return {(i, b, lv): s for i, b, lv, s in expected.iter_rows() if s > rules.most_hidden}


def _chosen(code: str, left_out: Container[Table]) -> frozenset[Table]:
    """Return the tables released of an indicator; without the city there are no districts."""
    found = set()
    for breakdown in indicators()[code].breakdowns:
        if (code, breakdown, "city") not in left_out:
            found.add((code, breakdown, "city"))
            if (code, breakdown, "district") not in left_out:
                found.add((code, breakdown, "district"))
    return frozenset(found)


def _shares(solved: list[Solved]) -> dict[Table, float]:
    """Return the share of hidden cells among those that hold anything, by table."""
    if not solved:
        return {}
    frames = [s.shown.select("indicator_code", "breakdown", LEVEL, "is_hidden") for s in solved]
    counted = pl.concat(frames).group_by("indicator_code", "breakdown", "level").agg(pl.col("is_hidden").mean())
    return {(code, breakdown, level): share for code, breakdown, level, share in counted.iter_rows()}


def _states(solved: list[Solved], keep: pl.DataFrame) -> pl.DataFrame:
    """Return what is told of hidden and small cells, and of those to keep hidden in which nobody has anything now."""
    hidden = (
        pl.when(~pl.col("is_hidden")).then(pl.lit("published"))
        .when(pl.col("tells")).then(pl.lit("suppressed_primary"))
        .otherwise(pl.lit("suppressed_secondary"))
    )  # fmt: skip
    told = [
        s.shown.with_columns(status=hidden).select(*KEY, "status", "contributors", "members", "amounts")
        .filter(pl.col("status").ne("published") | pl.col("members").is_not_null())
        for s in solved
    ]  # fmt: skip
    empty = pl.DataFrame(schema=STATE)
    held = pl.concat([empty.select(KEY), *(s.problem.frame.select(KEY) for s in solved)])
    emptied = keep.join(held, on=KEY, how="anti").with_columns(
        status=pl.lit("suppressed_secondary"), contributors=pl.lit(0, pl.Int32)
    )
    return pl.concat([empty, *told, emptied], how="diagonal")
