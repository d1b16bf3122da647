"""Makes the changes that gaps ask for, in what departments deliver, to exactly the value needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from tests.dbt.tier_answers import anniversary
from tests.dbt.tier_boundaries import added, award, deal, figures
from tests.dbt.tier_town import DECLARED, Change, Enterprise, Row, facts
from tidu.transform.tiers.inputs import inputs

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
        return added("deals", {**deal(up((need - f[name]) / 10_000), dt.date(2025, 2, 1)), "is_new": True})

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
    "award_3y": lambda _f, _need: added("certificates", award("省级", 9, dt.date(2025, 3, 1))),
    "award_top3_or_national_top5_3y": lambda _f, _need: added("certificates", award("省级", 3, dt.date(2025, 3, 1))),
    "holds_specialised": lambda _f, _need: added(
        "titles", {"tier": "专精特新中小企业", "awarded_on": dt.date(2025, 3, 1)}
    ),
}
SETTERS: dict[str, Setter] = MONEY | REGISTERS


def mended(e: Enterprise, gaps: Iterable[Row], as_of: dt.date) -> Enterprise | None:
    """Return an enterprise with every change made; None where one of them is nothing a delivery can bring."""
    other = e.changed(f"{e.label}, mended")
    for gap in gaps:
        parts = [p for p in gap.get("parts", [gap]) if p.get("verdict") != "met"]
        if gap["code"] in NESTED:
            return None
        if gap["code"] in ANY_OF:
            parts = parts[:1]
        for part in parts:
            change = _change(other, part, as_of)
            if change is None:
                return None
            change(other)
    return other


ANY_OF = ("A1", "A3a", "A5", "B4", "B5", "B6", "N3", "D2", "H2", "11", "6")
"""Items of which one of several things is enough."""
NESTED = ("新", "Z4", "Z5", "H5", "C2", "链")
"""Items of several ways of several things each: which way is taken is for a person."""


def touches(gap: Row) -> set[str]:
    """Return the figures the changes of a gap bear on: business that grows brings what is measured by it."""
    names = [part["input"] for part in gap.get("parts", [gap]) if part.get("verdict") != "met"]
    grows = (
        {"rd_expense_y1", "main_revenue_y1", "net_profit_y1"}
        if {"revenue_y1", "revenue_growth_2y"} & {*names}
        else set()
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
    if name not in SETTERS or any(known.get(b, 1) in (None, 0) for b in bases):
        return None
    if isinstance(need, bool):
        return SETTERS[name](known, need)
    beyond = {"below": -1, "above": 1}.get(part["test"], 0) * Decimal("0.000001")
    return SETTERS[name](known, Decimal(str(need)) + beyond)
