"""Answers that may be unknown, points that may lie between two bounds, and the measures rules ask for: for tier_rules.

Facts are named as the columns of int_tier__input; money in yuan, None is unknown. Every answer is True, False or None.
A score's item is its least and its most points.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Facts = Mapping[str, Any]
Answer = bool | None
WAN = 10_000


@dataclass
class Judged:
    """What one rule says of one enterprise."""

    version: str
    gates: dict[str, Answer]
    criteria: dict[str, Answer] = field(default_factory=dict)
    scored: dict[str, tuple[int | Fraction, int | Fraction]] = field(default_factory=dict)
    direct: dict[str, Answer] = field(default_factory=dict)
    parts: dict[str, tuple[tuple[str, ...], int]] = field(default_factory=dict)
    """Part of the score -> its items and the points it has to have; '' is the whole."""

    @property
    def verdict(self) -> str:
        answer = both(*self.gates.values(), *self.criteria.values())
        if self.parts:
            answer = both(answer, either(self._enough(), *self.direct.values()))
        return {True: "met", False: "not_met", None: "unknown"}[answer]

    def _enough(self) -> Answer:
        answers: list[Answer] = []
        for codes, needed in self.parts.values():
            least, most = (sum(self.scored[c][bound] for c in codes or self.scored) for bound in (0, 1))
            answers.append(True if least >= needed else False if most < needed else None)
        return both(*answers)

    @property
    def bounds(self) -> tuple[Any, Any]:
        if not self.parts or both(*self.gates.values()) is False:
            return None, None
        return sum(s[0] for s in self.scored.values()), sum(s[1] for s in self.scored.values())


def both(*answers: Answer) -> Answer:
    return False if False in answers else None if None in answers else True


def either(*answers: Answer) -> Answer:
    return True if True in answers else None if None in answers else False


def unless(answer: Answer) -> Answer:
    return None if answer is None else not answer


def ge(x: Any, bound: Any) -> Answer:
    return None if x is None else x >= bound


def raised(f: Facts, years: int, bound: Any) -> Answer:
    """Tell whether equity of as many years reaches a bound; deals whose sum is not known can only add to the others."""
    known = f[f"equity_{years}y"]
    if known is None and ge(f[f"equity_{years}y_least"], bound):
        return True
    return ge(known, bound)


def summed(bound: Any, *parts: Any) -> Answer:
    """Tell whether amounts, of which none is below zero, come to a bound; those that are known may do."""
    known = sum(Fraction(part) for part in parts if part is not None)
    return known >= bound if None not in parts else True if known >= bound else None


def le(x: Any, bound: Any) -> Answer:
    return None if x is None else x <= bound


def ratio(part: Any, whole: Any) -> Fraction | None:
    return None if part is None or whole is None or whole == 0 else Fraction(part) / Fraction(whole)


def total(*numbers: Any) -> Any:
    return None if None in numbers else sum(Fraction(n) for n in numbers)


def percent(number: str) -> Fraction:
    return Fraction(number) / 100


def points(*cases: tuple[Answer, int], otherwise: int = 0) -> tuple[int, int]:
    """Return the least and most points of cases of which the first that holds counts."""
    least = next((p for answer, p in cases if answer is True), otherwise)
    most = next((p for answer, p in cases if answer is not False), otherwise)
    return least, most


def from_above(x: Any, *bands: tuple[Any, int]) -> tuple[int, int]:
    return points(*((ge(x, bound), p) for bound, p in bands))


def upto(x: Any, *bands: tuple[Any, int]) -> tuple[int, int]:
    return points(*((le(x, bound), p) for bound, p in bands))


def anniversary(day: dt.date, years: int) -> dt.date:
    """Return the day some years on; of 29 February in a common year 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)


def for_years(since: dt.date | None, until: dt.date, years: int) -> Answer:
    return None if since is None else anniversary(since, years) <= until


def compound(now: Any, before: Any, growth: str) -> Answer:
    """Tell whether something grew each of two years by as many percent on average; the square spares the root."""
    if now is None or before is None or before <= 0:
        return None
    return now >= 0 and Fraction(now) >= Fraction(before) * (1 + percent(growth)) ** 2


class Measures:
    """What rules ask for, computed from facts."""

    def __init__(self, f: Facts) -> None:
        self.f = f
        self.rd1, self.rd2 = ratio(f["rd_expense_y1"], f["revenue_y1"]), ratio(f["rd_expense_y2"], f["revenue_y2"])
        self.main = ratio(f["main_revenue_y1"], f["revenue_y1"])
        first, second = (
            ratio(f["main_revenue_y1"], f["main_revenue_y2"]),
            ratio(f["main_revenue_y2"], f["main_revenue_y3"]),
        )
        self.growth = None if first is None else first - 1
        self.mean_growth = None if first is None or second is None else (first + second) / 2 - 1
        assets = f["total_assets_y1"]
        self.debt = ratio(f["total_liabilities_y1"], assets if assets is None or assets > 0 else None)
        self.margin = ratio(f["net_profit_y1"], f["revenue_y1"])
        self.staff = ratio(f["rd_headcount_y1"], f["headcount_y1"])
        self.common = {"G2": unless(f["is_large"]), "G3": unless(f["is_blacklisted"])}

    def rd_both(self, bound: int) -> Answer:
        return summed(bound, self.f["rd_expense_y1"], self.f["rd_expense_y2"])

    def niche(self, years: int) -> Answer:
        return for_years(self.f["niche_since"], self.f["end_of_last_year"], years)

    def days(self, least: int) -> Answer:
        since = self.f["established_on"]
        return None if since is None else (self.f["as_of"] - since).days >= least

    def young(self, years: int) -> Answer:
        since = self.f["established_on"]
        return None if since is None else self.f["as_of"] <= anniversary(since, years)


def equals(x: Any, value: Any) -> Answer:
    return None if x is None else x == value


def among(x: Any, values: tuple[Any, ...]) -> Answer:
    return None if x is None else x in values
