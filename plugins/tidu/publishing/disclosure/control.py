"""What a release must not show: decides it for every protected indicator and month before the release is written."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from psycopg import Connection

from tidu.publishing.disclosure.measure import KEY, measured
from tidu.publishing.disclosure.parameters import Parameters, parameters
from tidu.publishing.disclosure.past import SCHEMA, kept_hidden, known, latest, marked
from tidu.publishing.disclosure.problem import CITY, Bools, Problem, problem
from tidu.publishing.disclosure.protect import protect
from tidu.publishing.registry import indicators

Table = tuple[str, str, str]
"""Indicator, breakdown, level (city or district)."""
LEVEL = pl.when(pl.col("place") == CITY).then(pl.lit("city")).otherwise(pl.lit("district")).alias("level")
STATE: dict[str, Any] = {
    **{name: SCHEMA[name] for name in (*KEY, "status")},
    "contributors": pl.Int32,
    **{name: SCHEMA[name] for name in ("members", "amounts")},
}
HIDDEN_BESIDES = 2.0
"""As seen: for each cell of a breakdown that tells, about one more is hidden."""


@dataclass(frozen=True)
class Solved:
    """One month of an indicator and what is hidden of it."""

    indicator_code: str
    period: str
    problem: Problem
    hidden: Bools
    sha256: str
    """Of what the cells are made of."""
    is_known: bool
    """An earlier release told the same of the same cells."""

    @property
    def tables(self) -> list[str]:
        """Breakdowns released, as breakdown:level."""
        return sorted(f"{breakdown}:{level}" for breakdown, level in self.problem.tables)


@dataclass(frozen=True)
class Decided:
    """What a release hides."""

    cells: pl.DataFrame
    """KEY, status, contributors, members, amounts of every hidden or small cell of the tables released."""
    solved: list[Solved]
    told: pl.DataFrame
    """Every state of a cell that earlier releases told; see past.py."""
    keep: pl.DataFrame
    """KEY of the cells that have to stay hidden for what was told before."""
    left_out: dict[Table, float]
    """Tables that are not released, for the share of their cells that would be hidden."""
    shares: dict[Table, float]
    """Share of hidden cells of every table released, totals included."""

    def summary(self) -> dict[str, Any]:
        """Return what stands in the manifest."""
        return {
            "secret_cells": sum(int(s.problem.secret.sum()) for s in self.solved),
            "left_out": ["/".join(table) for table in sorted(self.left_out)],
            "hidden": {"/".join(table): round(share, 6) for table, share in sorted(self.shares.items())},
        }


def decide(connection: Connection[Any]) -> Decided:
    """Decide what the release of the figures at hand hides and which tables it leaves out.

    A breakdown is released for districts and the city, else for the city alone, else not at all: the finest of which at
    most `most_hidden` of the cells that hold anything would be hidden. Totals are always released. Idempotence: the
    same figures after the same releases give the same answer.
    """
    rules = parameters()
    cells = measured(rules)
    told = known(connection)
    keep = kept_hidden(told, cells, rules)
    cells = marked(cells, keep)
    search = _Search(rules, _known_problems(connection), latest(told).filter(pl.col("status") != "published"))
    left_out = _telling(cells, rules)
    solved: list[Solved] = []
    shares: dict[Table, float] = {}
    for code in (i.code for i in indicators().values() if i.disclosure == "protected"):
        own = cells.filter(pl.col("indicator_code") == code)
        while True:
            tables = _chosen(code, left_out)
            found = [search.solve(group, tables) for _, group in own.group_by("period", maintain_order=True)]
            share = _shares(code, found)
            over = {t: s for t, s in share.items() if t[1] and s > rules.most_hidden}
            finest = {t: s for t, s in over.items() if t[2] == "district"} or over
            if not finest:
                break
            left_out |= finest
        solved += found
        shares |= share
    return Decided(_states(solved), solved, told, keep, left_out, shares)


@dataclass(frozen=True)
class _Search:
    """How the hidden cells of a month are found: as an earlier release had them where nothing changed, else anew."""

    rules: Parameters
    known: dict[tuple[str, str], tuple[list[str], str]]
    """Indicator and month -> tables and sha256 of the newest release."""
    hidden: pl.DataFrame

    def solve(self, cells: pl.DataFrame, tables: frozenset[tuple[str, str]]) -> Solved:
        code, period = cells.row(0)[:2]
        asked = problem(cells, tables)
        sha256 = hashlib.sha256(cells.drop("kept").write_ndjson().encode()).hexdigest()
        found = Solved(code, period, asked, asked.tells, sha256, is_known=False)
        if self.known.get((code, period)) == (found.tables, sha256):
            before = asked.frame.join(
                self.hidden.with_columns(was=pl.lit(True)), on=KEY, how="left", maintain_order="left"
            )
            return replace(found, hidden=asked.released & before["was"].fill_null(False).to_numpy(), is_known=True)
        if indicators()[code].additive:
            return replace(found, hidden=protect(asked, self.rules))
        # rates do not add up: nobody finds one from others
        return replace(found, hidden=asked.released & asked.secret)


def _known_problems(connection: Connection[Any]) -> dict[tuple[str, str], tuple[list[str], str]]:
    rows = connection.execute(
        "select indicator_code, period, tables, cells_sha256 from ops.disclosure_problem"
        " where release_id = (select max(release_id) from ops.release where approved_at is not null)"
    ).fetchall()
    return {(code, period): (tables, sha256) for code, period, tables, sha256 in rows}


def _telling(cells: pl.DataFrame, rules: Parameters) -> dict[Table, float]:
    """Return the tables of which so much tells by itself that, with what has to be hidden besides, it is too much."""
    counted = (
        cells.filter(pl.col("breakdown") != "")
        .group_by("indicator_code", "breakdown", LEVEL)
        .agg(share=pl.col("tells").mean())
    )
    return {(i, b, lv): s for i, b, lv, s in counted.iter_rows() if s > rules.most_hidden / HIDDEN_BESIDES}


def _chosen(code: str, left_out: Container[Table]) -> frozenset[tuple[str, str]]:
    """Return the tables released of an indicator; without the city there are no districts."""
    found = set()
    for breakdown in indicators()[code].breakdowns:
        if (code, breakdown, "city") not in left_out:
            found.add((breakdown, "city"))
            if (code, breakdown, "district") not in left_out:
                found.add((breakdown, "district"))
    return frozenset(found)


def _shares(code: str, solved: list[Solved]) -> dict[Table, float]:
    """Return the share of hidden cells among those that hold anything, by table."""
    frames = [
        s.problem.frame.select("breakdown", LEVEL, hidden=pl.Series(s.hidden)).filter(pl.Series(s.problem.released))
        for s in solved
    ]
    if not frames:
        return {}
    counted = pl.concat(frames).group_by("breakdown", "level").agg(pl.col("hidden").mean())
    return {(code, breakdown, level): share for breakdown, level, share in counted.iter_rows()}


def _states(solved: list[Solved]) -> pl.DataFrame:
    frames = [
        s.problem.frame.with_columns(is_hidden=pl.Series(s.hidden), is_released=pl.Series(s.problem.released))
        for s in solved
    ]
    if not frames:
        return pl.DataFrame(schema=STATE)
    hidden = (
        pl.when(~pl.col("is_hidden")).then(pl.lit("published"))
        .when(pl.col("tells")).then(pl.lit("suppressed_primary"))
        .otherwise(pl.lit("suppressed_secondary"))
    )  # fmt: skip
    return (
        pl.concat(frames)
        .filter(pl.col("is_released"), pl.col("is_hidden") | pl.col("members").is_not_null())
        .with_columns(status=hidden)
        .select(*KEY, "status", "contributors", "members", "amounts")
    )
