"""The hidden cells of one month: as the newest release had them where nothing changed, else searched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
from psycopg import Connection

from tidu.publishing.disclosure.families import Family, families
from tidu.publishing.disclosure.parameters import Parameters
from tidu.publishing.disclosure.past import known_open, marked
from tidu.publishing.disclosure.problem import Bools, Problem, Table, problem
from tidu.publishing.disclosure.protect import protect

METHOD = 2
"""To be raised when another set of cells would be hidden of the same cells; every month is then searched anew."""

NEWEST = (
    "select max(p.release_id) from ops.disclosure_problem as p join ops.release as r on r.release_id = p.release_id"
    " where r.approved_at is not null"
)


@dataclass(frozen=True)
class Solved:
    """One month of a family of indicators and what is hidden of it."""

    family: Family
    period: str
    problem: Problem
    hidden: Bools
    sha256: str
    """Of what the cells are made of, the parameters and the method."""
    is_known: bool
    """An earlier release told the same of the same cells."""

    def tables(self, code: str) -> list[str]:
        """Return the breakdowns released of an indicator, as breakdown:level."""
        return sorted(f"{breakdown}:{level}" for own, breakdown, level in self.problem.tables if own == code)

    @property
    def shown(self) -> pl.DataFrame:
        """The cells that are released unless hidden: KEY and columns of the measure, is_hidden."""
        is_shown = pl.Series(self.problem.released) & self.problem.frame["indicator_code"].is_in(self.family.shown)
        return self.problem.frame.with_columns(is_hidden=pl.Series(self.hidden)).filter(is_shown)


@dataclass(frozen=True)
class Search:
    """How the hidden cells of a month are found: as an earlier release had them where nothing changed, else anew."""

    connection: Connection[Any]
    rules: Parameters
    known: dict[tuple[str, str], tuple[list[str], str]]
    """Indicator and month -> tables and sha256 of the newest release."""
    hidden: pl.DataFrame
    opened: dict[str, pl.DataFrame] = field(default_factory=dict)
    """Month -> KEY of what stood open before and is the same now."""

    def solve(self, family: Family, tables: frozenset[Table], cells: pl.DataFrame) -> Solved:
        """Return what is hidden of the cells of one month of a family when these tables are released."""
        period, sha256 = cells["period"][0], self._sha256(cells)
        asked = problem(cells, tables, family)
        found = Solved(family, period, asked, asked.tells, sha256, is_known=False)
        if all(self.known.get((code, period)) == (found.tables(code), sha256) for code in family.shown):
            before = marked(asked.frame, self.hidden, "known")["known"].to_numpy()
            return replace(found, hidden=asked.released & (before | before[asked.twin]), is_known=True)
        asked = problem(marked(cells, self._opened(period), "known"), tables, family)
        return replace(found, problem=asked, hidden=protect(asked, self.rules))

    def is_same(self, family: Family, cells: pl.DataFrame) -> bool:
        """Whether the newest release told of the same cells, by the same rules, of one month of a family."""
        told = self.known.get((family.shown[0], cells["period"][0]))
        return told is not None and told[1] == self._sha256(cells)

    def _sha256(self, cells: pl.DataFrame) -> str:
        made_of = cells.drop("kept", "known").write_ndjson()
        return hashlib.sha256(f"{METHOD} {self.rules}\n{made_of}".encode()).hexdigest()

    def _opened(self, period: str) -> pl.DataFrame:
        if period not in self.opened:
            codes = [code for family in families(self.rules) for code in family.shown]
            self.opened[period] = known_open(self.connection, period, codes)
        return self.opened[period]


def known_problems(connection: Connection[Any]) -> dict[tuple[str, str], tuple[list[str], str]]:
    """Return what the newest approved release that was searched told; a copy of an earlier one was not."""
    rows = connection.execute(
        f"select indicator_code, period, tables, cells_sha256 from ops.disclosure_problem where release_id = ({NEWEST})"  # noqa: S608
    ).fetchall()
    return {(code, period): (tables, sha256) for code, period, tables, sha256 in rows}


def left_out_before(connection: Connection[Any]) -> dict[Table, float]:
    """Return the tables that the same release left out, for the share of them that would have been hidden."""
    query = f"""
        select split_part(l.key, '/', 1), split_part(l.key, '/', 2), split_part(l.key, '/', 3), l.value::float8
        from ops.release as r cross join jsonb_each(r.manifest -> 'disclosure' -> 'left_out') as l
        where r.release_id = ({NEWEST})
    """  # noqa: S608
    rows = connection.execute(query.encode()).fetchall()
    return {(code, breakdown, level): share for code, breakdown, level, share in rows}
