"""Makes the changes that gaps ask for, in what departments deliver, to exactly the value needed.

Where one of several things is enough, each of them is a way; so is each way through what is nested.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations, islice, product
from typing import Any

from tests.dbt.tier_answers import anniversary
from tests.dbt.tier_boundaries import added, award, deal, figures
from tests.dbt.tier_town import DECLARED, Change, Enterprise, Row, facts
from tidu.transform.tiers.conditions import Comparison, Condition
from tidu.transform.tiers.inputs import inputs
from tidu.transform.tiers.policy import Policy
from tidu.transform.tiers.terms import number

Way = tuple[Row, ...]
"""Parts of a gap that have to hold together, those left out that hold already."""
Setter = Callable[[Row, Any], Change]
FEN = Decimal("0.01")


def up(amount: Any) -> Decimal:
    return Decimal(amount).quantize(FEN, ROUND_CEILING)


def down(amount: Any) -> Decimal:
    return Decimal(amount).quantize(FEN, ROUND_FLOOR)


def staff(f: Row, share: Decimal) -> Change:
    heads = int((f["headcount_y1"] * share).to_integral_value(ROUND_CEILING))
    return lambda e: e.employers[0].update(rd_headcount=heads)


def registered(register: str, level: str) -> Setter:
    entry = {"register": register, "level": level, "issued_on": dt.date(2025, 3, 1)}
    return lambda _f, _need: added("certificates", entry)


def said(**told: Any) -> Change:
    """Change what this year's newest declaration says."""

    def change(e: Enterprise) -> None:
        max((d for d in e.declarations if d["declared_year"] == 2026), key=lambda d: d["version"]).update(told)

    return change


def since(f: Row, years: Decimal) -> Change:
    return said(niche_since=anniversary(f["end_of_last_year"], -int(years)))


def funded(name: str) -> Setter:
    def change(f: Row, need: Decimal) -> Change:
        there = f[f"{name}_least"] if f[name] is None else f[name]
        return added("deals", {**deal(up((need - there) / 10_000), dt.date(2025, 2, 1)), "is_new": True})

    return change


def risen(name: str, year: int) -> Setter:
    """Raise a figure of a year to an amount, never lower it."""
    back = 2026 - year
    return lambda f, need: figures(year, **{name: max(need, f[f"{name}_y{back}"])})


def grown(f: Row, need: Decimal) -> Change:
    """Raise last year's revenue and, as business does that grows, everything that is measured by it."""
    need = max(need, f["revenue_y1"])
    more = {n: up(f[f"{n}_y1"] * need / f["revenue_y1"]) for n in ("main_revenue", "rd_expense", "net_profit")}
    return figures(2025, revenue=need, **more)


def raised_to(name: str, year: int, amount: Callable[[Row, Decimal], Any]) -> Setter:
    return lambda f, need: risen(name, year)(f, up(amount(f, need)))


def sold(f: Row, main: Decimal) -> Change:
    """Raise last year's main business, and revenue with it where it is less."""
    return figures(2025, main_revenue=max(up(main), f["main_revenue_y1"]), revenue=max(up(main), f["revenue_y1"]))


MONEY: dict[str, Setter] = {
    "revenue_y1": grown,
    "revenue_growth_2y": lambda f, need: grown(f, up(f["revenue_y3"] * (1 + need) ** 2)),
    "main_ratio_y1": raised_to("main_revenue", 2025, lambda f, need: f["revenue_y1"] * need),
    "main_growth_y1": raised_to("main_revenue", 2025, lambda f, need: f["main_revenue_y2"] * (1 + need)),
    "main_growth_mean_2y": raised_to("main_revenue", 2025, lambda f, need: f["main_revenue_y2"] * (2 + 2 * need)
                                     - f["main_revenue_y2"] ** 2 / f["main_revenue_y3"]),
    "debt_ratio_y1": lambda f, need: figures(2025, total_liabilities=down(f["total_assets_y1"] * need)),
    "rd_expense_y1": risen("rd_expense", 2025),
    "rd_expense_y2": risen("rd_expense", 2024),
    "rd_ratio_y1": raised_to("rd_expense", 2025, lambda f, need: f["revenue_y1"] * need),
    "rd_ratio_y2": raised_to("rd_expense", 2024, lambda f, need: f["revenue_y2"] * need),
    "rd_total_2y": raised_to("rd_expense", 2025, lambda f, need: need - f["rd_expense_y2"]),
    "rd_ratio_3y": raised_to("rd_expense", 2025, lambda f, need: need * sum(f[f"revenue_y{y}"] for y in (1, 2, 3))
                             - f["rd_expense_y2"] - f["rd_expense_y3"]),
    "main_revenue_mean_3y": lambda f, need: sold(f, need * 3 - f["main_revenue_y2"] - f["main_revenue_y3"]),
    "net_profit_growth_2y": raised_to("net_profit", 2025, lambda f, need: f["net_profit_y3"] * (1 + need) ** 2),
    "net_margin_y1": lambda f, need: figures(2025, net_profit=up(f["revenue_y1"] * need)),
    "rd_staff_ratio_y1": staff,
    "niche_years": since,
    "equity_2y": funded("equity_2y"),
    "equity_3y": funded("equity_3y"),
    "domestic_market_share": lambda _, need: said(domestic_market_share_pct=need * 100),
}  # fmt: skip
REGISTERS: dict[str, Setter] = {
    "has_high_tech": registered("高新技术企业", "国家级"),
    "has_tech_sme": registered("科技型中小企业", "国家级"),
    "has_own_brand": registered("自主品牌", "企业级"),
    "has_management_certificate": registered("管理体系认证", "国家级"),
    "has_quality_award": registered("质量奖", "省级"),
    "has_standard": registered("标准制修订", "国家级"),
    "has_rd_institute": registered("研发机构", "企业级"),
    "has_city_rd_institute": registered("研发机构", "市级"),
    "has_provincial_rd_institute": registered("研发机构", "省级"),
    "has_national_standard": registered("标准制修订", "国家级"),
    "has_national_standard_5y": registered("标准制修订", "国家级"),
    "national_award_top3_3y": lambda _f, _need: added("certificates", award("国家级", 3, dt.date(2025, 3, 1))),
    "national_award_top3_5y": lambda _f, _need: added("certificates", award("国家级", 3, dt.date(2025, 3, 1))),
    "maker_contest_top50_3y": lambda _f, _need: added(
        "certificates", {**award("国家级", 50, dt.date(2025, 3, 1)), "register": "创客中国名次"}
    ),
    "invention_patents": lambda _f, need: added(
        "rights", *[{"ip_kind": "发明专利", "legal_status": "有效"}] * int(need)
    ),
    "award_3y": lambda _f, _need: added("certificates", award("省级", 9, dt.date(2025, 3, 1))),
    "award_top3_or_national_top5_3y": lambda _f, _need: added("certificates", award("省级", 3, dt.date(2025, 3, 1))),
    "holds_specialised": lambda _f, _need: added(
        "titles", {"tier": "专精特新中小企业", "awarded_on": dt.date(2025, 3, 1)}
    ),
}
SETTERS: dict[str, Setter] = MONEY | REGISTERS
UPWARD = {name for name in MONEY if name != "debt_ratio_y1"}
"""Figures that changes raise: what has to be less is nothing they bring."""


def mended(
    e: Enterprise, gaps: Sequence[Row], as_of: dt.date, policy: Policy, suffices: Callable[[Enterprise], bool]
) -> tuple[Enterprise, tuple[Way, ...]] | None:
    """Return an enterprise with every change made, and the way taken for each gap.

    Ways are tried from those of the fewest changes on, until one suffices; where none does, the first is returned. None
    where a delivery can bring none of them.
    """
    first = None
    for ways in islice(product(*(ways_of(gap, policy) for gap in gaps)), MOST_WAYS):
        other = taken(e, ways, as_of)
        if other is not None and suffices(other):
            return other, ways
        first = first or ((other, ways) if other is not None else None)
    return first


MOST_WAYS = 50


def taken(e: Enterprise, ways: Iterable[Way], as_of: dt.date) -> Enterprise | None:
    """Return an enterprise with some ways gone; None where a part is nothing a delivery can bring."""
    other = e.changed(f"{e.label}, mended")
    for part in (part for way in ways for part in way):
        change = _change(other, part, as_of)
        if change is None:
            return None
        change(other)
    # who grows out of its size is nobody's candidate any more: another way is needed, not this one
    return other if facts(other, as_of)["is_large"] == facts(e, as_of)["is_large"] else None


def ways_of(gap: Row, policy: Policy) -> list[Way]:
    """Return the ways to close a gap, those of the fewest changes first."""
    (item,) = [item for item in policy.items if item.code == gap["code"]]
    asked = item.condition or next((c.condition for c in item.cases if number(c.points) == gap["points"]), None)
    parts = {(p["input"], p["test"], str(p["need"])): p for p in gap.get("parts", [gap])}
    if asked is None:
        return [tuple(parts.values())]
    told = [[parts[c.input.name, c.test, str(needed(c))] for c in way] for way in alternatives(asked)]
    return sorted((tuple(p for p in way if p.get("verdict") != "met") for way in told), key=len)


def needed(c: Comparison) -> Any:
    """Return what a comparison needs, as a gap tells it."""
    return number(c.value) if isinstance(c.value, Decimal) else list(c.value) if c.test == "in" else c.value


def alternatives(asked: Condition) -> Iterator[tuple[Comparison, ...]]:
    """Yield every set of comparisons that together do."""
    if isinstance(asked, Comparison):
        yield (asked,)
    elif asked.how == "all":
        for ways in product(*map(list, map(alternatives, asked.parts))):
            yield tuple(c for way in ways for c in way)
    else:
        for parts in combinations(asked.parts, asked.enough):
            for ways in product(*map(list, map(alternatives, parts))):
                yield tuple(c for way in ways for c in way)


def is_nested(gap: Row, policy: Policy) -> bool:
    """Tell whether there is more than one way, and more than one thing to do on one of them."""
    (item,) = [item for item in policy.items if item.code == gap["code"]]
    ways = list(alternatives(item.condition)) if item.condition is not None else []
    return len(ways) > 1 and any(len(way) > 1 for way in ways)


def touches(way: Way) -> set[str]:
    """Return the figures the changes of a way bear on: business that grows brings what is measured by it."""
    names = {part["input"] for part in way}
    grows = (
        {"rd_expense_y1", "main_revenue_y1", "net_profit_y1"} if {"revenue_y1", "revenue_growth_2y"} & names else set()
    )
    return grows.union(*(inputs()[name].bases for name in names))


def _change(e: Enterprise, part: Row, as_of: dt.date) -> Change | None:
    name, need = part["input"], part["need"]
    known = facts(e, as_of)
    if not (len(e.accounts) == 1 and e.employers and any(d["declared_year"] == 2026 for d in e.declarations)):
        return None
    if name in DECLARED:
        value = {True: "是", False: "否"}.get(need, need) if isinstance(need, bool) else need
        return said(**{name: value[0] if isinstance(value, list) else value})
    money = ("revenue_y1", "revenue_y2", "revenue_y3", "main_revenue_y1", "main_revenue_y2", "main_revenue_y3")
    bases = (*money, "rd_expense_y1", "rd_expense_y2", "net_profit_y1", "total_assets_y1", "headcount_y1")
    if part["test"] in ("below", "at_most") and name in UPWARD:
        return None
    measured = () if name in REGISTERS or inputs()[name].least else inputs()[name].bases - {"niche_since"}
    if name not in SETTERS or any(known.get(b, 1) in (None, 0) for b in (*bases, *measured)):
        return None
    if isinstance(need, bool):
        return SETTERS[name](known, need)
    beyond = {"below": -1, "above": 1}.get(part["test"], 0) * Decimal("0.000001")
    return SETTERS[name](known, Decimal(str(need)) + beyond)
