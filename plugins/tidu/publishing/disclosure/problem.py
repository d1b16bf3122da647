"""One month of one protected indicator as its readers see it: cells, the sums that tie them, and what they are sums of.

Readers know every released cell, and with them every sum and difference. What they do not know is how a hidden sum is
spread over its parts; `parts` are the smallest ones, so that every cell is a sum of parts and every tie between tables
(a district's sections add up to its total, as its size classes do) is an equation of parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

CITY = "370200"
SCOPES = ("all", "private", "no_state_no_foreign", "registration_type")
ATOM = "atom "


@dataclass(frozen=True)
class Line:
    """A sum that readers can do: the cell `total` and the cells that make it, by number."""

    total: int
    cells: NDArray[np.intp]


@dataclass(frozen=True)
class Problem:
    """Cells (rows of `frame`, in its order), the parts they are made of and the sums between them."""

    frame: pl.DataFrame
    """Cells with any contributor, of the measure; no atoms."""
    tables: frozenset[tuple[str, str]]
    """(breakdown, level) released besides totals; level is city or district."""
    released: Bools
    """Cells of the release, as far as nothing hides them; the others only follow from them."""
    lines: tuple[Line, ...]
    made_of: csr_array
    """Cells x parts, 1 where the part belongs to the cell."""
    ties: csr_array
    """Equations x parts: each is 0."""
    amount: Floats
    """Of each part."""
    magnitude: Floats
    """Of each part: the sum of absolute contributions."""

    def column(self, name: str) -> Floats:
        """Return a column of the cells as numbers."""
        return self.frame[name].to_numpy().astype(np.float64)

    @property
    def tells(self) -> Bools:
        """Cells that tell too much by themselves."""
        return np.asarray(self.frame["tells"].to_numpy(), dtype=np.bool_)

    @property
    def secret(self) -> Bools:
        """Cells that nobody may work out: those that tell too much, and those kept hidden for what was told before."""
        return self.tells | np.asarray(self.frame["kept"].to_numpy(), dtype=np.bool_)


def problem(measured: pl.DataFrame, tables: frozenset[tuple[str, str]]) -> Problem:
    """Return the problem of one indicator and month.

    `tables`: (breakdown, level) that are released, level being city or district; totals always are.
    """
    is_atom = pl.col("scope").str.starts_with(ATOM)
    frame = measured.filter(~is_atom)
    detail = (pl.col("breakdown") != "") & (pl.col("place") != CITY)
    parts = pl.concat([measured.filter(is_atom), measured.filter(detail)])
    keys = list(frame.select("scope", "breakdown", "breakdown_value", "place").iter_rows())
    number = {key: n for n, key in enumerate(keys)}
    part_keys = list(parts.select("scope", "breakdown", "breakdown_value", "place").iter_rows())
    return Problem(
        frame=frame,
        tables=tables,
        released=np.array([_is_released(key, tables) for key in keys], dtype=np.bool_),
        lines=tuple(_lines(number)),
        made_of=_made_of(number, part_keys),
        ties=_ties(part_keys),
        amount=parts["amount"].to_numpy(),
        magnitude=parts["magnitude"].to_numpy(),
    )


Key = tuple[str, str, str, str]


def _is_released(key: Key, tables: frozenset[tuple[str, str]]) -> bool:
    scope, breakdown, _, place = key
    level = "city" if place == CITY else "district"
    return scope in SCOPES and (breakdown == "" or (breakdown, level) in tables)


def _lines(number: dict[Key, int]) -> list[Line]:
    """Return the sums over districts, over the values of a breakdown, and of a scope with what is left of all."""
    sums: dict[Key, list[int]] = {}
    for (scope, breakdown, value, place), n in number.items():
        if place != CITY:
            sums.setdefault((scope, breakdown, value, CITY), []).append(n)
        if breakdown:
            sums.setdefault((scope, "", breakdown, place), []).append(n)
        if scope in SCOPES[1:]:
            rest = number.get((f"but {scope}", breakdown, value, place))
            sums[("all", breakdown, scope, place)] = [n, *([rest] if rest is not None else [])]
    found = []
    for (scope, breakdown, value, place), cells in sums.items():
        total = (scope, breakdown, value if breakdown else "", place)
        if scope in SCOPES and total in number:
            found.append(Line(number[total], np.array(cells, dtype=np.intp)))
    return found


def _made_of(number: dict[Key, int], part_keys: list[Key]) -> csr_array:
    rows, columns = [], []
    for part, (scope, breakdown, value, place) in enumerate(part_keys):
        if breakdown:
            names = [("all", breakdown, value)]
        else:
            bits = scope.removeprefix(ATOM)
            names = [("all", "", "")]
            names += [((s if bit == "1" else f"but {s}"), "", "") for s, bit in zip(SCOPES[1:], bits, strict=True)]
        for name in names:
            for where in (place, CITY):
                rows.append(number[(*name, where)])
                columns.append(part)
    shape = (len(number), len(part_keys))
    return coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()


def _ties(part_keys: list[Key]) -> csr_array:
    """Return one equation for each breakdown and place: its parts add up to what the atoms of the place add up to."""
    atoms: dict[str, list[int]] = {}
    details: dict[tuple[str, str], list[int]] = {}
    for part, (_, breakdown, _, place) in enumerate(part_keys):
        if breakdown:
            details.setdefault((breakdown, place), []).append(part)
        else:
            atoms.setdefault(place, []).append(part)
    rows, columns, signs = [], [], []
    for row, ((_, place), parts) in enumerate(details.items()):
        for sign, group in ((1.0, parts), (-1.0, atoms[place])):
            rows += [row] * len(group)
            columns += group
            signs += [sign] * len(group)
    return coo_array((signs, (rows, columns)), shape=(len(details), len(part_keys))).tocsr()
