"""What an enterprise lacks: the smallest set of changes that turns its verdict to met, worked out once per pattern.

Sound: with all of them made the verdict is met, whatever becomes of what is unknown beside them. Smallest: no set of
fewer does, and with any of them left out it is not. What one change brings is not asked for again: points that come
with a criterion, a criterion that comes with points or with a condition that does instead of the score. Where a rule
has so many items that not every set can be tried the set is sound, but marked. Who can make a change depends on what is
missing of an enterprise's own inputs, so mart.tier_lacking says it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, product

from tidu.transform.tiers.conditions import Together, implies
from tidu.transform.tiers.policy import Item, Policy
from tidu.transform.tiers.standings import Gap, Standing, best, raised, steps

MOST_TRIED = 20_000
"""Sets of items to raise that are tried for one pattern."""
Made = Mapping[int, Gap]
"""Items of the score that are raised, by their place."""


def gaps(policy: Policy, found: Sequence[Standing]) -> tuple[Gap, ...]:
    """Return the changes that turn a verdict to met; none where it is met.

    Where a gate fails for certain nothing but the gates is known: those that are not met are returned. A condition that
    does instead of the score is told where it takes fewer changes than the ordinary way, whose codes stand beside it.
    """
    gated = any(s.item.kind == "gate" and s.answer == "f" for s in found)
    needed = [Gap(s.item, s.answer) for s in found if s.item.kind in ("gate", "criterion") and s.answer != "t"]
    if gated:
        return tuple(replace(gap, complete=False) for gap in needed)
    direct = [Gap(s.item, s.answer) for s in found if s.item.kind == "direct"]
    if policy.score is None or any(gap.answer == "t" or _brings(needed, gap) for gap in direct):
        return _left(needed, ())
    search = _Search(policy, [s for s in found if s.item.kind == "score"], needed)
    ordinary = search.ordinary()
    codes = tuple(gap.item.code for gap in ordinary)
    instead = search.instead(direct, len(ordinary))
    return tuple(replace(gap, ordinary=codes) if gap.item.kind == "direct" else gap for gap in instead or ordinary)


def failing(policy: Policy, found: Sequence[Standing]) -> tuple[Gap, ...]:
    """Return what keeps a verdict from being met for certain: gates and criteria, items that the score is short of.

    What is unknown is no failing, and neither is a condition that would do instead of the score: nobody has to have it.
    """
    unmet = [s for s in found if s.answer != "t" and s.item.kind in ("gate", "criterion")]
    gated = any(s.item.kind == "gate" and s.answer == "f" for s in unmet)
    told = tuple(Gap(s.item, s.answer, complete=not gated) for s in unmet if s.answer == "f")
    scored = [s for s in found if s.item.kind == "score"]
    at_best = {place: s.most for place, s in enumerate(scored)}
    if not scored or suffices(policy, scored, at_best):
        return told
    if any(s.item.kind == "direct" and s.answer != "f" for s in found):
        return told
    short = _Search(policy, scored, [Gap(s.item, s.answer) for s in unmet]).ordinary()
    return (*told, *(gap for gap in short if gap.item.kind == "score" and gap.answer == "f"))


class _Search:
    """The sets of changes of one pattern: criteria that are needed in any case, items of the score that may be raised.

    Which items bear on one another is worked out once: they have to share an input, which few of them do.
    """

    def __init__(self, policy: Policy, scored: Sequence[Standing], needed: Sequence[Gap]) -> None:
        self._policy, self._scored, self._needed = policy, scored, needed
        self._open = {place: raised(s, best(s.item)) for place, s in enumerate(scored) if s.answer != "t"}
        asked = {place: _names(s.item) for place, s in enumerate(scored)}
        self._now = {
            place: max(s.least, _points_brought(s.item, [gap for gap in needed if asked[place] & gap.names]))
            for place, s in enumerate(scored)
        }
        self._beside = {p: [q for q in asked if q != p and asked[p] & asked[q]] for p in self._open}
        wanted = frozenset().union(*(gap.names for gap in needed))
        self._left_by: dict[frozenset[int], tuple[Gap, ...]] = {}
        self._bearing = frozenset(place for place in self._open if asked[place] & wanted)

    def ordinary(self) -> tuple[Gap, ...]:
        """Return the fewest changes with which the score suffices; among them those that need data alone first."""
        always, tried = len(self._left_of(self._open)), 0
        found: tuple[tuple[int, int, int, Decimal], tuple[int, ...]] | None = None
        for size in range(len(self._open) + 1):
            if found is not None and size + always >= found[0][0]:
                break
            if not self._may_suffice(size):
                continue
            for places in combinations(self._open, size):
                tried += 1
                if tried > MOST_TRIED:
                    return self._told(found[1] if found else tuple(self._open), capped=True)
                made = {place: self._open[place] for place in places}
                if self._suffices(made):
                    one = (self._rank(made), places)
                    found = one if found is None else min(found, one)
        return self._told(found[1] if found else tuple(self._open))

    def instead(self, direct: Sequence[Gap], fewer_than: int) -> tuple[Gap, ...]:
        """Return the fewest changes with a condition that does instead of the score; none where that saves nothing."""
        # beside one condition only what brings some of the rest with it
        bearing = [gap for gap in direct if any(gap.names & n.names for n in self._needed)]
        bearing += [self._open[place] for place in sorted(self._bearing)]
        fitting: list[tuple[tuple[int, int, int], tuple[Gap, ...]]] = []
        for beside in range(min(fewer_than - 1, len(self._needed)) + 1):
            for one, some in product(direct, combinations(bearing, beside)):
                if one not in some:
                    made = self._lowered((one, *some))
                    left = _left(self._needed, made)
                    known = sum(gap.answer != "u" for gap in made)
                    fitting.append(((len(left) + len(made), len(made), known), (*left, *made)))
        rank, told = min(fitting, key=lambda f: f[0], default=((fewer_than, 0, 0), ()))
        return told if rank[0] < fewer_than else ()

    def _told(self, places: Iterable[int], *, capped: bool = False) -> tuple[Gap, ...]:
        made = self._lowered(tuple(self._open[place] for place in places))
        return tuple(replace(gap, capped=capped) for gap in (*_left(self._needed, made), *made))

    def _lowered(self, made: Sequence[Gap]) -> tuple[Gap, ...]:
        """Return changes, every item of the score raised only as far as it has to be beside the others."""
        places = {s.item.code: place for place, s in enumerate(self._scored)}
        left = len(_left(self._needed, made))
        for number, gap in enumerate(made):
            if gap.item.kind != "score":
                continue
            s = self._scored[places[gap.item.code]]
            for points in (points for points in steps(s) if points > s.least):
                trial = (*made[:number], raised(s, points), *made[number + 1 :])
                scored = {places[g.item.code]: g for g in trial if g.item.kind == "score"}
                enough = len(scored) < len(trial) or self._suffices(scored)
                if enough and len(_left(self._needed, trial)) == left:
                    made = trial
                    break
        return tuple(made)

    def _rank(self, made: Made) -> tuple[int, int, int, Decimal]:
        """Order sets: fewest changes; unknown items first, whose data may be all that is missing; fewest points."""
        known = sum(gap.answer != "u" for gap in made.values())
        more = sum((best(gap.item) - self._scored[place].least for place, gap in made.items()), Decimal(0))
        return len(made) + len(self._left_of(made)), len(made), known, more

    def _left_of(self, made: Made) -> tuple[Gap, ...]:
        places = self._bearing.intersection(made)
        if places not in self._left_by:
            self._left_by[places] = _left(self._needed, [self._open[place] for place in sorted(places)])
        return self._left_by[places]

    def _may_suffice(self, size: int) -> bool:
        """Tell whether the items with most to gain could be enough; sets of as many are not tried otherwise."""
        assert self._policy.score is not None  # noqa: S101 - there is nothing to search without one
        gains = sorted((best(gap.item) - self._now[place] for place, gap in self._open.items()), reverse=True)
        reached = sum(self._now.values()) + sum(gains[:size])
        return any(self._beside.values()) or reached >= self._policy.score.at_least

    def _suffices(self, made: Made) -> bool:
        points = dict(self._now)
        for place, gap in made.items():
            points[place] = max(points[place], gap.points or Decimal(0))
            for other in self._beside[place]:
                points[other] = max(points[other], _points_brought(self._scored[other].item, [gap]))
        return suffices(self._policy, self._scored, points)


def _names(item: Item) -> frozenset[str]:
    return frozenset(found.name for found in item.used)


def _brings(made: Collection[Gap], gap: Gap) -> bool:
    """Tell whether changes bring another one with them."""
    bearing = tuple(g.asked for g in made if g.names & gap.names)
    return bool(bearing) and implies(Together("all", bearing), gap.asked)


def _left(needed: Sequence[Gap], made: Sequence[Gap]) -> tuple[Gap, ...]:
    """Return what is needed without what the rest of it, or other changes, bring with them."""
    kept = list(needed)
    for gap in needed:
        others = [other for other in kept if other is not gap]
        if _brings((*others, *made), gap):
            kept = others
    return tuple(kept)


def _points_brought(item: Item, made: Sequence[Gap]) -> Decimal:
    """Return the points an item gives at least once changes are made."""
    return max(
        (c.points for c in item.cases if c.condition is not None and any(implies(g.asked, c.condition) for g in made)),
        default=Decimal(0),
    )


def suffices(policy: Policy, scored: Sequence[Standing], points: Mapping[int, Decimal]) -> bool:
    """Tell whether points of all items come to what the score and its groups ask."""
    score = policy.score
    if score is None or sum(points.values()) < score.at_least:
        return score is None
    return all(
        sum(points[p] for p, s in enumerate(scored) if s.item.group == group.code) >= group.at_least
        for group in score.groups
        if group.at_least is not None
    )
