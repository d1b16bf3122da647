"""For every threshold of the documents three enterprises: below, at and above it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.dbt.tier_town import ACCOUNT, Change, Enterprise, Row, account, modest, strong, year_ago

FEN = Decimal("0.01")
DAY = dt.timedelta(days=1)
WAN = 10_000
AS_OF = dt.date(2026, 3, 31)
Probe = tuple[str, list[Change]]
"""What is tried, and the changes that lead below, to and above a threshold."""


def money(amount: Fraction | int) -> Decimal:
    found = Decimal(Fraction(amount).numerator) / Decimal(Fraction(amount).denominator)
    assert found == found.quantize(FEN), "a threshold has to be an amount that can be delivered"
    return found.quantize(FEN)


def figures(year: int, **told: Any) -> Change:
    return lambda e: e.accounts[0][year].update({ACCOUNT[name]: value for name, value in told.items()})


def declared(**told: Any) -> Change:
    return lambda e: e.declarations[0].update(told)


def heads(insured: Any, rd: Any) -> Change:
    return lambda e: e.employers.__setitem__(0, {"insured_headcount": insured, "rd_headcount": rd})


def registered(**told: Any) -> Change:
    return lambda e: e.registration.update(told)


def added(attribute: str, *rows: Row) -> Change:
    return lambda e: getattr(e, attribute).extend(rows)


def several(*changes: Change) -> Change:
    return lambda e: [change(e) for change in changes] and None


def around(name: str, year: int, amount: Fraction | int, *before: Change, step: Decimal = FEN) -> list[Change]:
    at = money(amount)
    return [several(*before, figures(year, **{name: value})) for value in (at - step, at, at + step)]


def share(text: str) -> Fraction:
    return Fraction(text) / 100


def account_probes() -> Iterator[Probe]:
    for p in ("50", "55", "60", "70", "80", "90"):
        yield f"主营占比 {p}%", around("main_revenue", 2025, 60_000_000 * share(p), figures(2025, revenue=60_000_000))
    for p in ("1", "2", "3", "4", "5", "6", "8", "10"):
        # of less revenue, so that the amount alone gives no points
        less = figures(2025, revenue=20_000_000, main_revenue=19_000_000)
        yield f"研发占比 {p}%", around("rd_expense", 2025, 20_000_000 * share(p), less)
        if p in ("3", "5", "6"):
            yield (
                f"前一年研发占比 {p}%",
                around("rd_expense", 2024, 56_000_000 * share(p), figures(2024, revenue=56_000_000)),
            )
    for year, revenue in ((2025, 120_000_000), (2024, 56_000_000)):
        more = figures(2025, revenue=120_000_000, main_revenue=112_000_000)
        yield f"{year} 年研发占比 2.5%", around("rd_expense", year, revenue * share("2.5"), more)
    for wan in (100, 200, 300, 400, 500):
        rich = figures(2025, revenue=399_000_000, main_revenue=390_000_000)
        yield f"研发费用 {wan} 万元", around("rd_expense", 2025, wan * WAN, rich)
    for year in (2025, 2024):
        small = figures(year, revenue=20_000_000, main_revenue=19_000_000)
        yield f"{year} 年研发 100 万元", around("rd_expense", year, 100 * WAN, small)
    for total in (1200, 2000, 3000):
        at = total * WAN // 2
        small = several(
            figures(2025, revenue=49_000_000, main_revenue=48_000_000, rd_expense=at), heads(100, 50),
            added("deals", deal(8000, dt.date(2024, 5, 1))),
        )  # fmt: skip
        yield f"两年研发 {total} 万元", around("rd_expense", 2024, at, small)
    for wan in (1000, 1500, 2000, 5000, 10000, 20000, 40000):
        at = wan * WAN
        # R&D and growth are such as suffice on one side alone
        rest = several(
            figures(
                2025, main_revenue=money(at * share("95")), rd_expense=money(at * share("4" if wan == 10000 else "10"))
            ),
            figures(2024, **({"rd_expense": 2_300_000} if wan == 10000 else {})),
            figures(2023, **({"revenue": 318_800_000} if wan == 40000 else {})),
        )
        yield f"营业收入 {wan} 万元", around("revenue", 2025, at, rest)
    for p in ("50", "55", "60", "70", "75", "80"):
        yield (
            f"资产负债率 {p}%",
            around("total_liabilities", 2025, 80_000_000 * share(p), figures(2025, total_assets=80_000_000)),
        )
    yield "资产 2 亿元", around("total_assets", 2025, 200_000_000)
    for p in ("0", "5", "10", "15"):
        at = 50_000_000 * (1 + share(p))
        before = several(figures(2024, main_revenue=50_000_000), figures(2025, revenue=60_000_000))
        yield f"主营增长 {p}%", around("main_revenue", 2025, at, before)
    for p in ("0", "4", "5", "6", "8", "10"):
        before = several(
            figures(2023, main_revenue=45_000_000), figures(2024, main_revenue=60_000_000, revenue=70_000_000),
            figures(2025, revenue=60_000_000),
        )  # fmt: skip
        yield f"两年平均增长 {p}%", around("main_revenue", 2025, 60_000_000 * (Fraction(2, 3) + 2 * share(p)), before)
    for p, base in (("5", 50), ("10", 401), ("15", 100), ("20", 30), ("25", 8)):
        at = base * 1_000_000 * (1 + share(p)) ** 2
        main = figures(2025, main_revenue=money(at * share("95")), rd_expense=money(at * share("10")), net_profit=1000)
        yield f"两年复合增长 {p}%", around("revenue", 2025, at, figures(2023, revenue=base * 1_000_000), main)
        flat = max(base, 15) * 1_000_000
        profit = around("net_profit", 2025, 1_000_000 * (1 + share(p)) ** 2, several(
            figures(2023, net_profit=1_000_000, revenue=flat),
            figures(2025, revenue=flat, main_revenue=flat, rd_expense=flat // 10),
        ))  # fmt: skip
        if p != "5":
            yield f"净利润两年复合增长 {p}%", profit
    for p in ("2", "4", "6", "8", "10"):
        yield f"净利润率 {p}%", around("net_profit", 2025, 60_000_000 * share(p), figures(2025, revenue=60_000_000))
    yield "近三年主营 2 亿元", around("main_revenue", 2025, 200_000_000, three_years(200_000_000))
    yield "近三年主营 4 亿元", around("main_revenue", 2025, 400_000_000, three_years(400_000_000))
    for p, base in (("5", 5000), ("4", 20000), ("3", 20001)):
        change = three_years(base * WAN, rd=base * WAN * share(p))
        yield f"近三年研发占比 {p}%", around("rd_expense", 2025, base * WAN * share(p), change)


def three_years(amount: int, rd: Fraction | int = 0) -> Change:
    told = account(amount, amount, money(rd or amount * share("10")), amount // 10, 150_000_000, 50_000_000)

    def change(e: Enterprise) -> None:
        e.accounts[0] = {year: dict(told) for year in (2025, 2024, 2023)}
        e.certificates.append({"register": "研发机构", "level": "省级", "issued_on": dt.date(2020, 1, 1)})

    return change


def deal(wan: Any, paid_on: dt.date | None, qualified: str = "是", valuation: Any = None) -> Row:
    return {"paid_in_wan": wan, "paid_on": paid_on, "is_qualified_investor": qualified, "post_valuation_wan": valuation}


def other_probes() -> Iterator[Probe]:
    research = several(
        figures(2025, revenue=49_000_000, main_revenue=48_000_000, rd_expense=15_000_000),
        figures(2024, rd_expense=15_000_000), added("deals", deal(8000, dt.date(2024, 5, 1))),
    )  # fmt: skip
    yield "研发人员占比 50%", [several(research, heads(100, n)) for n in (49, 50, 51)]
    for p in (5, 10, 15, 20, 25, 30):
        yield f"研发人员占比 {p}%", [heads(400, 4 * p + n) for n in (-1, 0, 1)]
    yield "职工 500 人", [heads(500 + n, 200) for n in (-1, 0, 1)]
    yield "大型 1000 人", [several(figures(2025, revenue=400_000_000), heads(1000 + n, 400)) for n in (-1, 0, 1)]
    for years in (2, 3, 4, 5, 6, 8, 10):
        at = dt.date(2025 - years, 12, 31)
        yield f"细分市场 {years} 年", [declared(niche_since=day) for day in (at + DAY, at, at - DAY)]
    for years in (1, 5, 10):
        at = year_ago(AS_OF, years)
        changes = [
            several(registered(established_on=day), declared(niche_since=None),
                    added("deals", deal(100, dt.date(2025, 5, 1), valuation=50_000)))
            for day in (at + DAY, at, at - DAY)
        ]  # fmt: skip
        yield f"成立 {years} 年", changes
    yield "会计年度 3 年", [registered(established_on=dt.date(2023, 1, 1) + n * DAY) for n in (0, -1, -2)]
    for wan in (2000, 6000, 8000):
        small = figures(2025, revenue=9_000_000, main_revenue=8_800_000, rd_expense=15_000_000)
        rd = several(small, figures(2024, rd_expense=15_000_000), heads(100, 50))
        amounts = [Decimal(wan) + n * FEN for n in (-1, 0, 1)]
        yield f"两年股权融资 {wan} 万元", [several(rd, added("deals", deal(a, dt.date(2024, 1, 1)))) for a in amounts]
    amounts = [Decimal(500) + n * FEN for n in (-1, 0, 1)]
    yield "三年股权融资 500 万元", [added("deals", deal(a, dt.date(2023, 1, 1))) for a in amounts]
    for wan in (20_000, 300_000):
        amounts = [Decimal(wan) + n * FEN for n in (-1, 0, 1)]
        young = registered(established_on=dt.date(2022, 1, 1))
        yield (
            f"估值 {wan} 万元",
            [several(young, added("deals", deal(100, dt.date(2025, 5, 1), valuation=a))) for a in amounts],
        )
    none = {"ip_class1_high_value": 0, "ip_class1_own": 0, "ip_class1": 0, "ip_class2": 0}
    for name in none:
        yield f"{name} 1 件", [declared(**none | {name: n}) for n in (0, 1, 2)]
    for at in (2, 4):
        yield f"Ⅰ类 {at} 件", [declared(**none | {"ip_class1": at + n}) for n in (-1, 0, 1)]
    for at in (2, 3, 4):
        yield f"Ⅱ类 {at} 件", [declared(**none | {"ip_class2": at + n}) for n in (-1, 0, 1)]
    yield (
        "占有率 10%",
        [declared(domestic_market_share_pct=p, domestic_rank=4) for p in (Decimal("9.99"), 10, Decimal("10.01"))],
    )
    yield "排名 3", [declared(domestic_market_share_pct=5, domestic_rank=n) for n in (4, 3, 2)]
    for at in (50, 60):
        yield f"评价得分 {at}", [declared(platform_score=Decimal(at) + n * FEN) for n in (-1, 0, 1)]
    for at in (2, 3):
        yield f"数字化 {at} 级", [declared(digital_level=at + n) for n in (-1, 0, 1)]
    yield "地方特色 15 分", [declared(local_feature_score=Decimal(15) + n * FEN) for n in (-1, 0, 1)]
    kinds = {"发明专利": 2, "实用新型": 8, "软件著作权": 8}
    for kind, at in kinds.items():
        right = {"ip_kind": kind, "legal_status": "有效"}
        yield (
            f"{kind} {at} 件",
            [several(lambda e: e.rights.clear(), added("rights", *[right] * (at + n))) for n in (-1, 0, 1)],
        )
    for level, at in (("国家级", 3), ("国家级", 5), ("省级", 3)):
        won = [award(level, at - n) for n in (-1, 0, 1)]
        yield f"{level}奖励第 {at}", [several(declared(ip_class1=0), added("certificates", row)) for row in won]
    for at in (50, 500):
        won = [{**award("国家级", at - n), "register": "创客中国名次"} for n in (-1, 0, 1)]
        yield (
            f"创客中国 {at} 强",
            [several(figures(2025, rd_expense=2_000_000), added("certificates", row)) for row in won],
        )


def award(level: str | None, rank: int | None, issued_on: dt.date = dt.date(2024, 6, 1)) -> Row:
    return {"register": "科技奖励", "level": level, "rank": rank, "issued_on": issued_on}


def probes() -> list[tuple[str, list[Enterprise]]]:
    """Return, by what is tried, the three enterprises of each base."""
    found = []
    for label, changes in (*account_probes(), *other_probes()):
        for base in (strong(), modest()):
            names = (f"{label}/{base.label}/{where}" for where in ("below", "at", "above"))
            found.append((f"{label}/{base.label}", [base.changed(n, c) for n, c in zip(names, changes, strict=True)]))
    return found
