"""Where enterprises of one pattern stand with every item of a policy, and the changes that could be made to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from tidu.transform.tiers.conditions import Comparison, Condition
from tidu.transform.tiers.policy import Item, Policy
from tidu.transform.tiers.scores import Case


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
    ordinary: tuple[str, ...] = ()
    """Of a condition that does instead of the score: codes of what the way without such conditions needs."""

    @property
    def asked(self) -> Condition:
        """What holds once the change is made."""
        if self.case is not None and self.case.condition is not None:
            return self.case.condition
        if self.item.condition is not None:
            return self.item.condition
        assert self.item.of is not None  # noqa: S101 - what has no cases gives its input's value as points
        return Comparison(self.item.of, "at_least", self.points, "")

    @cached_property
    def names(self) -> frozenset[str]:
        """The inputs it bears on."""
        return frozenset(comparison.input.name for comparison in self.asked)


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


def raised(s: Standing, points: Decimal) -> Gap:
    """Return the change that gives an item of a score as many points, which have to be those of a case of it."""
    case = next((c for c in s.item.cases if c.points == points), None)
    return Gap(s.item, s.answer, case, points)


def best(item: Item) -> Decimal:
    """Return the most points an item of a score gives."""
    return item.most or Decimal(0)


def steps(s: Standing) -> Sequence[Decimal]:
    """Return the points an item can be raised to, the fewest first; of a value, whole ones."""
    if s.item.cases:
        return sorted(c.points for c in s.item.cases)
    return sorted({Decimal(n) for n in range(int(s.least) + 1, int(best(s.item)) + 1)} | {best(s.item)})
