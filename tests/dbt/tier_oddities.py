"""Enterprises of whom something is missing, zero, negative, expired, withdrawn, said twice, or too new to count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from tests.dbt.tier_boundaries import AS_OF, Change, added, award, deal, declared, figures, heads, registered, several
from tests.dbt.tier_town import Enterprise, account, modest, strong

DAY = dt.timedelta(days=1)


def wiped(attribute: str) -> Change:
    return lambda e: getattr(e, attribute).clear()


def without_year(year: int) -> Change:
    return lambda e: [years.pop(year) for years in e.accounts] and None


def money_changes() -> Iterator[tuple[str, Change]]:
    yield "no accounts", wiped("accounts")
    for year in (2025, 2024, 2023):
        yield f"no accounts of {year}", without_year(year)
        yield f"zero revenue of {year}", figures(year, revenue=0)
        yield f"zero main revenue of {year}", figures(year, main_revenue=0)
        yield f"no R&D known of {year}", figures(year, rd_expense=None)
    yield "nothing earned, nothing spent", figures(2025, revenue=0, main_revenue=0, rd_expense=0, net_profit=0)
    yield "zero assets", figures(2025, total_assets=0)
    yield "zero assets and liabilities", figures(2025, total_assets=0, total_liabilities=0)
    yield "liabilities above assets", figures(2025, total_liabilities=200_000_000)
    yield "a loss", figures(2025, net_profit=-3_000_000)
    yield "losses", several(figures(2025, net_profit=-3_000_000), figures(2023, net_profit=-4_000_000))
    yield "a loss two years ago", figures(2023, net_profit=-4_000_000)
    second = {2025: account(9_000_000, 1_000_000, 100, -50, 1_000, 70_000_000), 2023: account(1, 1, 1, 1, 1, 1)}
    yield "two tax accounts", added("accounts", second)
    yield "two tax accounts, one without figures", added("accounts", {2025: account(5_000_000, *[None] * 5)})
    report = {"employees": 90, "revenue_wan": 3000, "total_assets_wan": 8000, "total_liabilities_wan": 3000}
    yield "the annual report alone", several(wiped("accounts"), lambda e: e.reports.update({2025: report}))
    yield "an annual report beside the return", lambda e: e.reports.update({2025: report})
    part = figures(2025, total_assets=None, total_liabilities=None)
    yield "a return without a balance sheet", several(part, lambda e: e.reports.update({2025: report}))
    yield "reported heads alone", several(wiped("employers"), lambda e: e.reports.update({2025: report}))


def head_changes() -> Iterator[tuple[str, Change]]:
    yield "no heads known", wiped("employers")
    yield "no heads", heads(0, 0)
    yield "R&D staff unknown", heads(100, None)
    yield "insured unknown", heads(None, 40)
    yield "two employers", added("employers", {"insured_headcount": 150, "rd_headcount": 2})
    yield "large", several(figures(2025, revenue=500_000_000), heads(2000, 500))
    yield "size unknown for want of heads", several(wiped("employers"), figures(2025, revenue=500_000_000))
    yield "heads unknown but certainly not large", several(wiped("employers"), figures(2025, revenue=399_999_999))
    yield "accounts unknown but certainly not large", several(wiped("accounts"), heads(999, 300))
    yield "accounts unknown and perhaps large", several(wiped("accounts"), heads(1000, 300))
    yield "nothing known of a farm", several(wiped("accounts"), wiped("employers"), registered(industry_code="A0111"))
    yield "a small farm", several(wiped("employers"), registered(industry_code="A0111"))
    yield "a wholesaler of unknown heads", several(wiped("employers"), registered(industry_code="F5111"))
    nobody = registered(industry_code=None)
    yield "no industry, and small in any", nobody
    yield "no industry, no heads, no accounts", several(nobody, wiped("accounts"), wiped("employers"))
    yield "no industry, large in some", several(nobody, figures(2025, revenue=500_000_000), heads(250, 100))
    huge = figures(2025, revenue=3_000_000_000, total_assets=2_000_000_000)
    yield "no industry, large in all", several(nobody, huge, heads(2000, 500))
    yield "no industry, large in all but one", several(nobody, huge, heads(1999, 500))
    yield "state-held", registered(holding_type="国有控股")


def declaration_changes() -> Iterator[tuple[str, Change]]:
    yield "no declaration", wiped("declarations")
    yield "declared last year alone", declared(declared_year=2025)
    older = {"declared_year": 2025, "version": 9, "platform_score": 66, "ip_class1": 9}
    yield "declared in both years", added("declarations", older)
    newer = {
        "declared_year": 2026,
        "version": 2,
        "ip_class1": 0,
        "platform_score": 10,
        "niche_since": dt.date(2024, 1, 1),
    }
    yield "two versions", added("declarations", newer)
    for name in ("niche_since", "product_domain", "strategic_emerging", "key_field", "key_chain_link", "digital_level",
                 "domestic_market_share_pct", "domestic_rank", "market_position_confirmed", "platform_score",
                 "core_business_on_it", "ip_class1_high_value", "ip_class1_own", "ip_class1", "ip_class2",
                 "local_feature_score"):  # fmt: skip
        yield f"{name} not declared", declared(**{name: None})
    for flag in (
        "strategic_emerging",
        "key_field",
        "key_chain_link",
        "market_position_confirmed",
        "core_business_on_it",
    ):
        yield f"{flag} denied", declared(**{flag: "否"})
    for domain in ("工业六基或中华老字号", "关键产业链配套", "其他"):
        yield f"domain {domain}", declared(product_domain=domain)


def register_changes() -> Iterator[tuple[str, Change]]:
    registers = (
        "高新技术企业",
        "技术创新示范企业",
        "知识产权优势或示范企业",
        "研发机构",
        "质量奖",
        "标准制修订",
        "管理体系认证",
        "自主品牌",
    )
    for register in registers:
        for level in ("国家级", "省级", "市级", "区县级", None):
            entry = {"register": register, "level": level, "issued_on": dt.date(2022, 5, 5)}
            yield f"{register} {level}", several(wiped("certificates"), added("certificates", entry))
        for until in (AS_OF - DAY, AS_OF, AS_OF + DAY):
            entry = {"register": register, "level": "国家级", "issued_on": dt.date(2022, 5, 5), "valid_until": until}
            yield f"{register} until {until}", several(wiped("certificates"), added("certificates", entry))
    low = declared(ip_class1=0, ip_class1_own=0, ip_class1_high_value=0)
    for level, rank in (
        ("国家级", None),
        ("省级", None),
        (None, 3),
        (None, None),
        ("市级", 1),
        ("省级", 5),
        ("国家级", 6),
    ):
        yield f"award {level} {rank}", several(low, added("certificates", award(level, rank)))
    days = ("2026-01-01", "2025-12-31", "2023-01-01", "2022-12-31", "2021-01-01", "2020-12-31")
    for day in days:
        won = award("国家级", 1, dt.date.fromisoformat(day))
        yield f"award of {day}", several(low, added("certificates", won))
        yield f"contest of {day}", several(low, added("certificates", {**won, "register": "创客中国名次"}))
        yield (
            f"standard of {day}",
            several(low, wiped("rights"), added("certificates", {**won, "register": "标准制修订"})),
        )
    yield (
        "contest without rank",
        several(low, added("certificates", {**award("国家级", None), "register": "创客中国名次"})),
    )
    unclear = {"register": "质量奖", "level": None, "issued_on": dt.date(2022, 5, 5)}
    yield "two quality marks and perhaps a third", added("certificates", unclear)
    first = lambda e: e.certificates.__setitem__(slice(None), e.certificates[:2])  # noqa: E731
    yield "one quality mark and perhaps a second", several(first, added("certificates", unclear))


def title_changes() -> Iterator[tuple[str, Change]]:
    bare = several(wiped("titles"), wiped("certificates"))
    for tier in ("创新型中小企业", "专精特新中小企业", "专精特新小巨人", "制造业单项冠军", "瞪羚企业"):
        title = {"tier": tier, "awarded_on": dt.date(2024, 1, 1), "valid_until": dt.date(2026, 12, 31)}
        yield f"{tier} held", several(bare, added("titles", title))
        yield f"{tier} held besides", added("titles", title)
        for day in (AS_OF - DAY, AS_OF, AS_OF + DAY):
            yield f"{tier} until {day}", several(bare, added("titles", {**title, "valid_until": day}))
            yield f"{tier} withdrawn {day}", several(bare, added("titles", {**title, "withdrawn_on": day}))
        yield f"{tier} without an end", several(bare, added("titles", {**title, "valid_until": None}))


def other_changes() -> Iterator[tuple[str, Change]]:
    for kind in ("经营异常名录", "严重违法失信名单", "行政处罚"):
        listed = {"list_kind": kind, "listed_on": dt.date(2025, 9, 1)}
        yield f"{kind}", added("irregularities", listed)
        for day in (AS_OF, AS_OF + DAY, AS_OF + 2 * DAY):
            yield f"{kind} until {day}", added("irregularities", {**listed, "removed_on": day})
    for stage in ("辅导备案", "上市", "新三板挂牌"):
        yield f"stage {stage}", added("listings", {"stage": stage, "stage_on": dt.date(2025, 1, 1)})
    yield "funded by nobody qualified", added("deals", deal(9000, dt.date(2024, 5, 1), "否", 100_000))
    for day in ("2026-01-01", "2025-12-31", "2024-01-01", "2023-12-31", "2023-01-01", "2022-12-31"):
        yield f"funded on {day}", added("deals", deal(9000, dt.date.fromisoformat(day)))
    for day in ("2025-05-01", "2023-05-01"):
        yield f"funded with nobody knows what on {day}", added("deals", deal(None, dt.date.fromisoformat(day)))
    for sure in (500, 2000, 6000, 8000):
        for day in ("2025-05-01", "2023-05-01"):
            deals = deal(sure, dt.date(2024, 5, 1)), deal(None, dt.date.fromisoformat(day))
            yield f"funded with {sure} 万元 and nobody knows what on {day}", added("deals", *deals)
    yield (
        "funded with all but a fen, and nobody knows what",
        added("deals", deal(Decimal("1999.99"), dt.date(2024, 5, 1)), deal(None, dt.date(2025, 5, 1))),
    )
    yield "funded on a day nobody knows", added("deals", deal(9000, None))
    yield (
        "funded with 2000 万元, and on a day nobody knows",
        added("deals", deal(9000, None), deal(2000, dt.date(2024, 5, 1))),
    )
    yield "funded twice", added("deals", deal(1000, dt.date(2024, 5, 1)), deal(1000, dt.date(2025, 5, 1)))
    yield (
        "valued twice",
        added("deals", deal(1, dt.date(2024, 5, 1), valuation=9), deal(1, dt.date(2025, 5, 1), valuation=30_000)),
    )
    lapsed = [{"ip_kind": "发明专利", "legal_status": "失效"}, {"ip_kind": "外观设计", "legal_status": "有效"}]
    yield "rights that lapsed", several(wiped("rights"), added("rights", *lapsed))


def oddities() -> list[Enterprise]:
    changes = (*money_changes(), *head_changes(), *declaration_changes(), *title_changes(), *other_changes())
    told = (*changes, *register_changes())
    return [base.changed(f"{label}/{base.label}", change) for label, change in told for base in (strong(), modest())]
