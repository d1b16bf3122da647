"""One month of a protected indicator as its readers see it: cells, the sums that tie them, and what they are sums of.

Readers know every released cell, and with them every sum and difference. What they do not know is how a hidden sum is
spread over its parts; `parts` are the smallest ones, so that every cell is a sum of parts and every tie between tables
(a district's sections add up to its total, as its size classes do) is an equation of parts. Indicators that can be
worked out of each other (families.py) are one problem: the cells of the whole are sums of parts of its pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from tidu.publishing.disclosure.families import Family, alone

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

CITY = "370200"
SCOPES = ("all", "private", "no_state_no_foreign", "registration_type")
ATOM = "atom "
UNIT = 1.0
"""What a cell of nothing but zeros is held to weigh: it has no size of its own that a margin could be a share of."""
Table = tuple[str, str, str]
"""Indicator, breakdown, level (city or district)."""
Key = tuple[str, str, str, str, str]
"""Indicator, scope, breakdown, breakdown value, place."""


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
    tables: frozenset[Table]
    """Released besides totals."""
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
    twin: NDArray[np.intp]
    """Of each cell: the one that is shown or hidden with it, because both make one rate; else itself."""

    def column(self, name: str) -> Floats:
        """Return a column of the cells as numbers."""
        return self.frame[name].to_numpy().astype(np.float64)

    @property
    def tells(self) -> Bools:
        """Cells that tell too much by themselves."""
        return np.asarray(self.frame["tells"].to_numpy(), dtype=np.bool_)

    @property
    def secret(self) -> Bools:
        """Cells that nobody may work out: telling ones, those kept hidden for what was told before, or linked."""
        return self.tells | self._flag("kept") | self._flag("linked")

    @property
    def known(self) -> Bools:
        """Cells that stood open in an earlier release and are the same now: hiding them hides nothing."""
        found = self._flag("known")
        return found | found[self.twin]

    @property
    def given(self) -> Bools:
        """Cells that a later release cannot hide: what is known, and the city's totals unless they are secret.

        A revision of one enterprise changes the city's total. To keep it from who remembers everything else, the total
        itself would have to go, release after release.
        """
        known = self.known
        total = ((pl.col("place") == CITY) & (pl.col("breakdown") == "")).alias("total")
        of_city = self.frame.select(total)["total"].to_numpy() & self.released & ~self.secret
        return known | of_city if known.any() else known

    @property
    def weight(self) -> Floats:
        """What is in each cell, as its margin is a share of."""
        magnitude = self.column("magnitude")
        return np.where(magnitude == 0, UNIT, magnitude)

    def _flag(self, name: str) -> Bools:
        return np.asarray(self.frame[name].to_numpy(), dtype=np.bool_)


def problem(measured: pl.DataFrame, tables: frozenset[Table], family: Family | None = None) -> Problem:
    """Return the problem of one month of a family, by default of an indicator that nothing else gives away.

    `tables`: released besides totals, which always are.
    """
    family = family or alone(measured["indicator_code"][0])
    is_atom = pl.col("scope").str.starts_with(ATOM)
    frame = measured.filter(~is_atom)
    detail = (pl.col("breakdown") != "") & (pl.col("place") != CITY)
    pieces = measured.filter(pl.col("indicator_code") != (family.whole or ""))
    parts = pl.concat([pieces.filter(is_atom), pieces.filter(detail)])
    names = ("indicator_code", "scope", "breakdown", "breakdown_value", "place")
    keys: list[Key] = list(frame.select(names).iter_rows())
    number = {key: n for n, key in enumerate(keys)}
    part_keys: list[Key] = list(parts.select(names).iter_rows())
    return Problem(
        frame=frame,
        tables=tables,
        released=np.array([_is_released(key, tables, family) for key in keys], dtype=np.bool_),
        lines=tuple(_lines(number, family)),
        made_of=_made_of(number, part_keys, family),
        ties=_ties(part_keys),
        amount=parts["amount"].to_numpy(),
        magnitude=parts["magnitude"].to_numpy(),
        twin=_twins(keys, number, family),
    )


def _is_released(key: Key, tables: frozenset[Table], family: Family) -> bool:
    code, scope, breakdown, _, place = key
    if family.is_rate and code == family.part:
        code = str(family.whole)
    level = "city" if place == CITY else "district"
    return code in family.shown and scope in SCOPES and (breakdown == "" or (code, breakdown, level) in tables)


def _lines(number: dict[Key, int], family: Family) -> list[Line]:
    """Return the sums over districts, over a breakdown, of one scope and what is left of another, of part and rest."""
    sums: dict[tuple[Key, str], list[int]] = {}
    for (code, scope, breakdown, value, place), n in number.items():
        if place != CITY:
            sums.setdefault(((code, scope, breakdown, value, CITY), "districts"), []).append(n)
        if breakdown:
            sums.setdefault(((code, scope, "", "", place), breakdown), []).append(n)
        if scope in SCOPES[1:]:
            for other in SCOPES:
                rest = f"but {scope}" if other == "all" else f"{other} but {scope}"
                outside = (code, f"{scope} but {other}", breakdown, value, place)
                if other != scope and outside not in number:
                    left = number.get((code, rest, breakdown, value, place))
                    sums[((code, other, breakdown, value, place), scope)] = [n, *([left] if left is not None else [])]
        if code in family.splits:
            sums.setdefault(((family.splits[code], scope, breakdown, value, place), "pieces"), []).append(n)
    found = []
    for (total, _), cells in sums.items():
        if total[1] in SCOPES and total in number:
            found.append(Line(number[total], np.array(cells, dtype=np.intp)))
    return found


def _made_of(number: dict[Key, int], part_keys: list[Key], family: Family) -> csr_array:
    rows, columns = [], []
    for part, (code, scope, breakdown, value, place) in enumerate(part_keys):
        codes = [code, family.splits[code]] if code in family.splits else [code]
        scopes = ["all"] if breakdown else _scopes(scope.removeprefix(ATOM))
        for key in [(c, s, breakdown, value, p) for c in codes for s in scopes for p in (place, CITY)]:
            # who filed zero counts only where nobody else did
            if key in number:
                rows.append(number[key])
                columns.append(part)
    shape = (len(number), len(part_keys))
    return coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()


def _scopes(bits: str) -> list[str]:
    """Return the scopes, and what is left of one without another, in which enterprises with these bits are.

    >>> _scopes("110")
    ['all', 'private', 'no_state_no_foreign', 'but registration_type', 'private but registration_type', \
'no_state_no_foreign but registration_type']
    """
    inside = [s for s, bit in zip(SCOPES[1:], bits, strict=True) if bit == "1"]
    outside = [s for s in SCOPES[1:] if s not in inside]
    return ["all", *inside, *(f"but {s}" for s in outside), *(f"{s} but {o}" for s in inside for o in outside)]


def _ties(part_keys: list[Key]) -> csr_array:
    """Return one equation for each breakdown and place: its parts add up to what the atoms of the place add up to."""
    atoms: dict[tuple[str, str], list[int]] = {}
    details: dict[tuple[str, str, str], list[int]] = {}
    for part, (code, _, breakdown, _, place) in enumerate(part_keys):
        if breakdown:
            details.setdefault((code, breakdown, place), []).append(part)
        else:
            atoms.setdefault((code, place), []).append(part)
    rows, columns, signs = [], [], []
    for row, ((code, _, place), parts) in enumerate(details.items()):
        for sign, group in ((1.0, parts), (-1.0, atoms.get((code, place), []))):
            rows += [row] * len(group)
            columns += group
            signs += [sign] * len(group)
    return coo_array((signs, (rows, columns)), shape=(len(details), len(part_keys))).tocsr()


def _twins(keys: list[Key], number: dict[Key, int], family: Family) -> NDArray[np.intp]:
    found = np.arange(len(keys), dtype=np.intp)
    if family.is_rate:
        other = {str(family.whole): str(family.part), str(family.part): str(family.whole)}
        for n, (code, scope, breakdown, value, place) in enumerate(keys):
            found[n] = number.get((other.get(code, code), scope, breakdown, value, place), n)
    return found
