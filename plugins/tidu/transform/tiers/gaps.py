"""What an enterprise lacks: the smallest set of changes that turns its verdict to met, worked out once per pattern.

Sound: with all of them made the verdict is met, whatever becomes of what is unknown beside them. Minimal: with any of
them left out it is not; points that come with a criterion to be met are not asked for again. Where a rule has so many
items that not every set can be tried the set is sound, but marked. Who can make a change depends on what is missing of
an enterprise's own inputs, so mart.tier_lacking says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from tidu.transform.tiers.conditions import implies
from tidu.transform.tiers.policy import Item, Policy
from tidu.transform.tiers.scores import Case

MOST_TRIED = 20_000
"""Sets of items to raise that are tried for one pattern."""
Points = Mapping[int, Decimal]


@dataclass(frozen=True)
class Standing:
    """Where enterprises of one pattern stand with one item."""

    item: Item
    answer: str
    """t, f or u; of a score's item, t where it has all points, u where its input is unknown."""
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(0)


@dataclass(frozen=True)
class Gap:
    """One change: an item to be met, or raised to the points of a case."""

    item: Item
    answer: str
    case: Case | None = None
    points: Decimal | None = None
    """Points a score's item has to give."""
    capped: bool = False
    """A smaller set may suffice: not every one was tried."""
    complete: bool = True
    """Nothing more is needed: not so where a gate fails and the rest was not looked at."""


def standings(policy: Policy, pattern: str) -> tuple[Standing, ...]:
    """Return what a pattern says; of one that says gates alone, the gates."""
    deciding = [item for item in policy.items if not item.assumed]
    return tuple(_standing(item, token) for item, token in zip(deciding, pattern.split(" "), strict=False))


def _standing(item: Item, token: str) -> Standing:
    if item.kind != "score":
        return Standing(item, token)
    least, _, most = token.partition("-")
    low, high = Decimal(least), Decimal(most or least)
    answer = "u" if low < high else ("t" if item.most == low else "f")
    return Standing(item, answer, low, high)


def gaps(policy: Policy, found: Sequence[Standing]) -> tuple[Gap, ...]:
    """Return the changes that turn a verdict to met; none where it is met.

    Where a gate fails for certain nothing but the gates is known: those that are not met are returned.
    """
    gated = any(s.item.kind == "gate" and s.answer == "f" for s in found)
    kinds = ("gate", "criterion")
    needed = [Gap(s.item, s.answer, complete=not gated) for s in found if s.item.kind in kinds and s.answer != "t"]
    if policy.score is None or gated:
        return tuple(needed)
    if any(s.item.kind == "direct" and s.answer == "t" for s in found):
        return tuple(needed)
    return (*needed, *_raised(policy, found, needed))


def _raised(policy: Policy, found: Sequence[Standing], needed: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return the fewest items of a score to raise, or one condition that does instead of it."""
    scored = [s for s in found if s.item.kind == "score"]
    now = {place: max(s.least, _brought(s.item, needed)) for place, s in enumerate(scored)}
    if suffices(policy, scored, now):
        return ()
    direct = [s for s in found if s.item.kind == "direct"]
    chosen, capped = _fewest(policy, scored, now)
    if direct and len(chosen) > 1:
        # what needs data alone comes before what has to be won
        best = min(direct, key=lambda s: s.answer != "u")
        return (Gap(best.item, best.answer),)
    return tuple(_lowered(policy, scored, now, chosen, capped))


def _brought(item: Item, needed: Sequence[Gap]) -> Decimal:
    """Return the points an item gives at least once what is needed anyway is met."""
    met = [gap.item.condition for gap in needed if gap.item.condition is not None]
    return max(
        (c.points for c in item.cases if c.condition is not None and any(implies(m, c.condition) for m in met)),
        default=Decimal(0),
    )


def _fewest(policy: Policy, scored: Sequence[Standing], now: Points) -> tuple[tuple[int, ...], bool]:
    """Return the places of the items to raise, and whether the search ended before it was through."""
    open_ = [place for place, s in enumerate(scored) if s.answer != "t"]
    tried = 0
    for size in range(1, len(open_) + 1):
        fitting = []
        for places in combinations(open_, size):
            tried += 1
            if tried > MOST_TRIED:
                return tuple(open_), True
            if suffices(policy, scored, {**now, **{p: _most(scored[p]) for p in places}}):
                fitting.append(places)
        if fitting:
            return min(fitting, key=lambda places: _distance(scored, places)), False
    return tuple(open_), False


def _distance(scored: Sequence[Standing], places: Iterable[int]) -> tuple[int, Decimal]:
    """Order sets of one size: unknown items first, whose data may be all that is missing; then the fewest points."""
    known = sum(scored[p].answer != "u" for p in places)
    return known, sum((_most(scored[p]) - scored[p].least for p in places), Decimal(0))


def _lowered(
    policy: Policy, scored: Sequence[Standing], now: Points, chosen: Sequence[int], capped: bool
) -> Iterable[Gap]:
    """Yield the chosen items, each with the lowest case that still suffices beside the others."""
    raised = {**now, **{p: _most(scored[p]) for p in chosen}}
    for place in chosen:
        s = scored[place]
        enough = [
            points
            for points in sorted({c.points for c in s.item.cases} or _steps(s))
            if points > now[place] and suffices(policy, scored, {**raised, place: points})
        ]
        raised[place] = enough[0] if enough else _most(s)
        case = next((c for c in s.item.cases if c.points == raised[place]), None)
        yield Gap(s.item, s.answer, case, raised[place], capped)


def _steps(s: Standing) -> set[Decimal]:
    return {Decimal(n) for n in range(int(s.least) + 1, int(_most(s)) + 1)} | {_most(s)}


def _most(s: Standing) -> Decimal:
    return s.item.most or Decimal(0)


def suffices(policy: Policy, scored: Sequence[Standing], points: Points) -> bool:
    """Tell whether points of all items come to what the score and its groups ask."""
    score = policy.score
    if score is None or sum(points.values()) < score.at_least:
        return score is None
    return all(
        sum(points[p] for p, s in enumerate(scored) if s.item.group == group.code) >= group.at_least
        for group in score.groups
        if group.at_least is not None
    )
