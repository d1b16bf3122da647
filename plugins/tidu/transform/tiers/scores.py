"""A policy's score: groups of items, each with bands of one input or with cases; overlaps and gaps are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tidu.transform.tiers.conditions import PARTS, Comparison, Condition, asked_input, bound, condition
from tidu.transform.tiers.inputs import Input
from tidu.transform.tiers.located import Located
from tidu.transform.tiers.quantities import quantity


@dataclass(frozen=True)
class Case:
    """Points, and what has to hold for them; None: whatever no better case takes."""

    points: Decimal
    condition: Condition | None


@dataclass(frozen=True)
class Group:
    """A part of the score with a threshold of its own, if it has one."""

    code: str
    at_least: Decimal | None


@dataclass(frozen=True)
class Score:
    """What the points have to come to."""

    at_least: Decimal
    groups: tuple[Group, ...]
    entries: tuple[tuple[str, Located], ...]
    """Group and entry of every item."""


def score_of(policy: Located) -> Score | None:
    """Return a policy's score, its items not read yet; None where it has none."""
    found = policy.get("score")
    if found is None:
        return None
    if not isinstance(found, Located):
        policy.refuse("`score` has to be a mapping")
    found.expect(("at_least", "groups"))
    groups, entries = [], []
    for group in found.items_of("groups"):
        group.expect(("code", "items"), ("at_least",))
        groups.append(Group(group["code"], _points(group) if "at_least" in group else None))
        entries += [(group["code"], entry) for entry in group.items_of("items")]
    return Score(_points(found), tuple(groups), tuple(entries))


def _points(entry: Located) -> Decimal:
    try:
        return quantity(entry["at_least"], "分")
    except ValueError as error:
        entry.refuse(str(error))


def cases_of(entry: Located, known: Mapping[str, Input]) -> tuple[Input | None, tuple[Case, ...], Decimal | None]:
    """Return the input of an item (of bands), its cases from the best to the worst, and the most of a value."""
    ways = [way for way in ("bands", "cases", "points_are_value") if way in entry]
    if len(ways) != 1:
        entry.refuse("it gives points by one of `bands`, `cases` and `points_are_value`")
    if ways == ["cases"]:
        return None, _cases(entry, known), None
    of = asked_input(entry, known)
    if ways == ["bands"]:
        return of, _bands(entry, of), None
    most = entry["points_are_value"]
    if not isinstance(most, Located):
        entry.refuse("`points_are_value` says `at_most`")
    most.expect(("at_most",))
    return of, (), bound(most, of, "at_most")


def full_marks(cases: tuple[Case, ...], value_up_to: Decimal | None) -> Decimal:
    """Return the most points an item gives."""
    return value_up_to if value_up_to is not None else max(case.points for case in cases)


def _given(case: Located) -> Decimal:
    """Return the points of a band or case; refuse what is no number."""
    points = case["points"]
    if isinstance(points, bool) or not isinstance(points, int | float) or points < 0:
        case.refuse(f"`points: {points}` is no number of points")
    return Decimal(str(points))


def _cases(entry: Located, known: Mapping[str, Input]) -> tuple[Case, ...]:
    found = []
    for case in entry.items_of("cases"):
        case.expect(("points",), PARTS)
        found.append(Case(_given(case), condition(case, known) if len(case) > 1 else None))
    _check_order(entry, found)
    if any(case.condition is None for case in found[:-1]) or found[-1].condition is not None:
        entry.refuse("the last case, and no other, has to take whatever is left")
    return tuple(found)


def _bands(entry: Located, of: Input) -> tuple[Case, ...]:
    """Return bands of one input as cases: from the best on, each begins where the one before it ends."""
    bands = list(entry.items_of("bands"))
    if len(bands) < 2:
        entry.refuse("`bands` lists two bands or more")
    inner, outer = ("at_least", "below") if "at_least" in bands[0] else ("at_most", "above")
    found: list[Case] = []
    edge: Decimal | None = None
    for band in bands:
        is_first, is_last = band is bands[0], band is bands[-1]
        needed = ("points", *((outer,) if not is_first else ()), *((inner,) if not is_last else ()))
        band.expect(needed)
        if edge is not None:
            _check_joint(band, bound(band, of, outer), edge, descending=inner == "at_least")
        if is_last:
            found.append(Case(_given(band), None))
            break
        ends = bound(band, of, inner)
        if edge is not None and (ends >= edge if inner == "at_least" else ends <= edge):
            band.refuse(f"the band of {band['points']} points holds nothing")
        found.append(Case(_given(band), Comparison(of, inner, ends, str(band[inner]))))
        edge = ends
    _check_order(entry, found)
    return tuple(found)


def _check_joint(band: Located, begins: Decimal, edge: Decimal, *, descending: bool) -> None:
    if begins != edge:
        fault = "overlaps with" if (begins > edge) == descending else "leaves a gap to"
        band.refuse(f"the band of {band['points']} points {fault} the one before it")


def _check_order(entry: Located, cases: list[Case]) -> None:
    points = [case.points for case in cases]
    if points != sorted(set(points), reverse=True):
        entry.refuse("points have to fall from one band or case to the next: the first that holds counts")
