"""Made-up contributions to one indicator, and a reader who bounds hidden cells with no help of the product's code."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from scipy.optimize import linprog

DISTRICTS = ("370202", "370203", "370211")
CITY = "370200"
SCOPES = ("all", "private", "no_state_no_foreign", "registration_type")
Row = tuple[int, str, str, str, str, tuple[bool, bool, bool], float]
"""Contributor, district, section, size class, zone, the scopes it is in besides all, amount."""
Cell = tuple[str, str, str, str]
"""Scope (or `but <scope>`, `<scope> but <scope>`: what is left of one without another), breakdown, value, place."""


def contributions(rows: Iterable[Row], period: str = "2026-01", code: str = "sales_yuan") -> pa.Table:
    """Return rows as the warehouse hands them over."""
    found = [
        {
            "indicator_code": code, "period": period, "contributor": who, "district_code": district,
            "industry_section": section, "size_class": size, "zone": zone, "in_private": scopes[0],
            "in_no_state_no_foreign": scopes[1], "in_registration_type": scopes[2], "hundredths": round(amount * 100),
        }
        for who, district, section, size, zone, scopes, amount in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(found)


def belongs(row: Row, cell: Cell) -> bool:
    """Whether a contribution counts in a cell."""
    _, district, section, size, zone, scopes, _ = row
    scope, breakdown, value, place = cell
    cut = {"": "", "industry_section": section, "size_class": size, "zone": zone}[breakdown]
    inside, _, outside = f" {scope}".partition(" but ")
    member = {"all": True, "": True} | dict(zip(SCOPES[1:], scopes, strict=True))
    return (
        place in (CITY, district)
        and member[inside.strip()]
        and not (outside and member[outside])
        and (breakdown == "" or cut == value)
    )


def bounded(rows: Sequence[Row], seen: Iterable[Cell], target: Cell) -> tuple[float, float]:
    """Return the least and the greatest that a cell can hold, told by the seen cells alone.

    The unknowns are whole worlds: how much each combination of a district's sections, sizes, zones and scopes holds;
    none is negative.
    """
    kinds: list[tuple[object, ...]] = []
    truth: list[float] = []
    for district in sorted({row[1] for row in rows}):
        own = [row for row in rows if row[1] == district]
        values = [sorted({row[n] for row in own}) for n in (2, 3, 4, 5)]
        for kind in itertools.product([district], *values):
            kinds.append(kind)
            truth.append(sum(row[6] for row in own if row[1:6] == kind))

    def vector(cell: Cell) -> list[float]:
        return [float(belongs((0, *kind, 0.0), cell)) for kind in kinds]  # type: ignore[arg-type]

    equations = [vector(cell) for cell in seen]
    known = [float(np.dot(row, truth)) for row in equations]
    found = []
    for sign in (1, -1):
        answer = linprog(
            sign * np.array(vector(target)),
            A_eq=np.array(equations) if equations else None,
            b_eq=np.array(known) if equations else None,
        )
        found.append(np.inf if answer.status == 3 else abs(answer.fun))
    return found[0], found[1]


def released_cells(rows: Sequence[Row], breakdowns: Iterable[str]) -> list[Cell]:
    """Return every cell of a release that holds anything, totals in every scope and breakdowns in scope all."""
    places = (CITY, *DISTRICTS)
    cut = {"industry_section": 2, "size_class": 3, "zone": 4}
    cells = [(scope, "", "", place) for scope, place in itertools.product(SCOPES, places)]
    for breakdown in breakdowns:
        values = sorted({str(row[cut[breakdown]]) for row in rows})
        cells += [("all", breakdown, value, place) for value, place in itertools.product(values, places)]
    return [cell for cell in cells if any(belongs(row, cell) for row in rows)]
