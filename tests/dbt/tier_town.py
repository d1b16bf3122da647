"""Enterprises that are assessed: what departments deliver of them, and the facts the rules look at, by Python alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.dbt.tier_answers import WAN, Answer, anniversary, both, either, ge
from tests.dbt.town import deliver, uscc

Row = dict[str, Any]
Change = Callable[["Enterprise"], None]
ACCOUNT = {
    "revenue": "operating_revenue_yuan", "main_revenue": "main_business_revenue_yuan", "rd_expense": "rd_expense_yuan",
    "net_profit": "net_profit_yuan", "total_assets": "total_assets_yuan", "total_liabilities": "total_liabilities_yuan",
}  # fmt: skip
REPORTED = {"revenue": "revenue_wan", "total_assets": "total_assets_wan", "total_liabilities": "total_liabilities_wan"}
DECLARED = (
    "niche_since", "product_domain", "strategic_emerging", "key_field", "key_chain_link", "domestic_market_share_pct",
    "domestic_rank", "market_position_confirmed", "platform_score", "digital_level", "core_business_on_it",
    "ip_class1_high_value", "ip_class1_own", "ip_class1", "ip_class2", "local_feature_score",
)  # fmt: skip
LARGE_FROM = (
    (0, 20_000, 0), (1000, 40_000, 0), (0, 80_000, 80_000), (200, 40_000, 0), (300, 20_000, 0), (1000, 30_000, 0),
    (200, 30_000, 0), (1000, 30_000, 0), (300, 10_000, 0), (300, 10_000, 0), (2000, 100_000, 0), (300, 10_000, 0),
    (0, 200_000, 10_000), (1000, 5_000, 0), (300, 0, 120_000), (300, 0, 0),
)  # fmt: skip
"""The 16 industries of 工信部联企业〔2011〕300号, in its order: heads, 万元 of revenue and of assets of a large one."""
LARGE = {"A0111": LARGE_FROM[:1], "C3511": LARGE_FROM[1:2], "F5111": LARGE_FROM[3:4], None: LARGE_FROM}
"""Class -> the industries it may belong to."""
LOOKED_AT = (("headcount_y1", 1), ("revenue_y1", WAN), ("total_assets_y1", WAN))
"""Figures the bounds are for, and the unit of the bounds."""


@dataclass
class Enterprise:
    """What departments know of one enterprise; rows without the columns that name it."""

    label: str
    registration: Row = field(default_factory=dict)
    accounts: list[dict[int, Row]] = field(default_factory=list)
    """One dict of years per tax account."""
    reports: dict[int, Row] = field(default_factory=dict)
    employers: list[Row] = field(default_factory=list)
    """insured_headcount in December of last year, rd_headcount of last year."""
    declarations: list[Row] = field(default_factory=list)
    deals: list[Row] = field(default_factory=list)
    certificates: list[Row] = field(default_factory=list)
    titles: list[Row] = field(default_factory=list)
    listings: list[Row] = field(default_factory=list)
    irregularities: list[Row] = field(default_factory=list)
    rights: list[Row] = field(default_factory=list)

    def changed(self, label: str, *changes: Change) -> Enterprise:
        """Return another enterprise that differs by some changes."""
        other = deepcopy(self)
        other.label = label
        for change in changes:
            change(other)
        return other


def summed(rows: Iterable[Row], column: str) -> Decimal | None:
    told = [Decimal(str(row[column])) for row in rows if row.get(column) is not None]
    return sum(told, Decimal(0)) if told else None


def facts(e: Enterprise, as_of: dt.date) -> Row:
    """Return what the rules look at on a day."""
    last = as_of.year - 1
    found: Row = {"as_of": as_of, "end_of_last_year": dt.date(last, 12, 31)}
    for name, column in ACCOUNT.items():
        for back in range(3):
            amount = summed((a[last - back] for a in e.accounts if last - back in a), column)
            report = e.reports.get(last - back, {}).get(REPORTED.get(name, ""))
            found[f"{name}_y{back + 1}"] = (
                Decimal(str(report)) * 10_000 if amount is None and report is not None else amount
            )
    heads = summed(e.employers, "insured_headcount")
    found["headcount_y1"] = e.reports.get(last, {}).get("employees") if heads is None else heads
    found["rd_headcount_y1"] = summed(e.employers, "rd_headcount")
    declared = {year: [d for d in e.declarations if d["declared_year"] == year] for year in (last, last + 1)}
    newest = {year: max(rows, key=lambda d: d["version"], default={}) for year, rows in declared.items()}
    found |= {name: flag(newest[last + 1].get(name)) for name in DECLARED}
    found["platform_score_before"] = newest[last].get("platform_score")
    found |= _registered(e, as_of) | _raised(e, as_of)
    standing = {t["tier"] for t in e.titles if in_force(t, "awarded_on", as_of)}
    found |= {
        "holds_innovative": "创新型中小企业" in standing,
        "holds_specialised": "专精特新中小企业" in standing,
        "holds_little_giant": "专精特新小巨人" in standing,
        "holds_champion": "制造业单项冠军" in standing,
        "is_listed": any(x["stage"] == "上市" and x["stage_on"] <= as_of for x in e.listings),
        "is_blacklisted": any(
            x["list_kind"] != "行政处罚" and x["listed_on"] <= as_of < (x.get("removed_on") or dt.date.max)
            for x in e.irregularities
        ),
        "invention_patents": sum(r["ip_kind"] == "发明专利" and r["legal_status"] == "有效" for r in e.rights),
        "utility_models_and_software": sum(
            r["ip_kind"] in ("实用新型", "软件著作权") and r["legal_status"] == "有效" for r in e.rights
        ),
        "is_private": e.registration.get("holding_type", "私人控股") == "私人控股",
        "established_on": e.registration.get("established_on", dt.date(2012, 5, 1)),
    }
    found["is_large"] = is_large(found, LARGE[e.registration.get("industry_code", "C3511")])
    return found


def is_large(f: Row, industries: Iterable[tuple[int, int, int]]) -> Answer:
    """Tell whether an enterprise is large in every industry it may belong to, or in none."""
    found = {
        both(
            *(
                ge(f[name], bound * unit) if bound else True
                for (name, unit), bound in zip(LOOKED_AT, bounds, strict=True)
            )
        )
        for bounds in industries
    }
    return found.pop() if len(found) == 1 else None


def flag(value: Any) -> Any:
    return {"是": True, "否": False}.get(value, value) if isinstance(value, str) else value


def in_force(row: Row, since: str, as_of: dt.date) -> bool:
    return bool(
        row[since] <= as_of <= (row.get("valid_until") or dt.date.max)
        and as_of < (row.get("withdrawn_on") or dt.date.max)
    )


def _registered(e: Enterprise, as_of: dt.date) -> Row:
    """Return what certificates amount to; one without its level or rank leaves the answer open."""
    whole_years = as_of.year
    national, provincial, city = ("国家级",), ("国家级", "省级"), ("国家级", "省级", "市级")

    def ask(register: str, levels: tuple[str, ...] = (), rank: int = 0, years: int = 0) -> Answer:
        answers: list[Answer] = []
        for c in e.certificates:
            if c["register"] != register or c["issued_on"] > as_of:
                continue
            if years:
                answer: Answer = 1 <= whole_years - c["issued_on"].year <= years
            else:
                answer = in_force(c, "issued_on", as_of)
            level, place = c.get("level"), c.get("rank")
            answer = both(answer, (None if level is None else level in levels) if levels else True)
            answers.append(both(answer, (None if place is None else place <= rank) if rank else True))
        return either(*answers)

    return {
        "has_high_tech": ask("高新技术企业"),
        "has_tech_sme": ask("科技型中小企业"),
        "has_innovation_demonstration": ask("技术创新示范企业", national),
        "has_innovation_demonstration_of_any_level": ask("技术创新示范企业"),
        "has_ip_demonstration": ask("知识产权优势或示范企业"),
        "has_rd_institute": ask("研发机构"),
        "has_city_rd_institute": ask("研发机构", city),
        "has_provincial_rd_institute": ask("研发机构", provincial),
        "has_national_rd_institute": ask("研发机构", national),
        "award_3y": ask("科技奖励", provincial, 0, 3),
        "award_top3_3y": ask("科技奖励", provincial, 3, 3),
        "award_top3_or_national_top5_3y": either(ask("科技奖励", provincial, 3, 3), ask("科技奖励", national, 5, 3)),
        "national_award_top3_3y": ask("科技奖励", national, 3, 3),
        "national_award_top3_5y": ask("科技奖励", national, 3, 5),
        "maker_contest_top500_3y": ask("创客中国名次", national, 500, 3),
        "maker_contest_top50_3y": ask("创客中国名次", national, 50, 3),
        "has_quality_award": ask("质量奖", provincial),
        "has_management_certificate": ask("管理体系认证"),
        "has_own_brand": ask("自主品牌"),
        "has_standard": ask("标准制修订"),
        "has_national_standard": ask("标准制修订", national),
        "has_national_standard_5y": ask("标准制修订", national, 0, 5),
    }


def _raised(e: Enterprise, as_of: dt.date) -> Row:
    done = [d for d in e.deals if d["paid_on"] is None or d["paid_on"] <= as_of]
    undated = any(d["paid_on"] is None and d["is_qualified_investor"] == "是" for d in done)
    paid: dict[int, Decimal | None] = {}
    least: dict[int, Decimal | None] = {}
    for years in (2, 3):
        counted = [
            d
            for d in done
            if d["paid_on"] and d["is_qualified_investor"] == "是" and 1 <= as_of.year - d["paid_on"].year <= years
        ]
        amounts = [d["paid_in_wan"] for d in counted]
        told = sum((Decimal(str(a)) * 10_000 for a in amounts if a is not None), Decimal(0))
        paid[years], least[years] = (None, told) if undated or None in amounts else (told, None)
    valued = sorted(
        (d["paid_on"] or dt.date.min, d["post_valuation_wan"]) for d in done if d.get("post_valuation_wan") is not None
    )
    return {
        "equity_2y": paid[2],
        "equity_3y": paid[3],
        "equity_2y_least": least[2],
        "equity_3y_least": least[3],
        "valuation": Decimal(str(valued[-1][1])) * 10_000 if valued else None,
        "has_qualified_investor": any(d["is_qualified_investor"] == "是" for d in done),
    }


def hand_over(dsn: str, delivered_on: str, town: Iterable[tuple[int, Enterprise]], version: int = 1) -> None:
    """Deliver everything the departments know of enterprises; a later version replaces what was delivered before."""
    at = f"{delivered_on}T00:00:00"
    rows: dict[str, list[Row]] = {}

    def say(dataset: str, **row: Any) -> None:
        rows.setdefault(dataset, []).append(row)

    for n, e in town:
        name, code = f"青岛第{n}号机械制造有限公司", uscc(n)
        named = {"enterprise_name": name, "uscc": code}
        if version == 1:
            say("ms_registration", **{
                "entity_no": f"N{n}", "uscc": code, "entity_name": name, "entity_category": "企业",
                "established_on": dt.date(2012, 5, 1), "reg_status": "存续", "district_code": "370202",
                "holding_type": "私人控股", "reg_type_code": "173", "industry_code": "C3511", "updated_at": at,
            } | e.registration)  # fmt: skip
        for a, years in enumerate(e.accounts):
            account = f"T{n}-{a}"
            if version == 1:
                say("tx_taxpayer", taxpayer_no=account, taxpayer_id=code, taxpayer_name=name, updated_at=at)
                say("tx_credit_rating", taxpayer_no=account, rating_year=2025, grade="B", updated_at=at)
            for year, figures in years.items():
                say("tx_cit_return", taxpayer_no=account, tax_year=year, version=version, updated_at=at, **figures)
        for year, figures in e.reports.items():
            say("ms_annual_report", entity_no=f"N{n}", uscc=code, report_year=year, version=version, **figures)
        for a, heads in enumerate(e.employers):
            employer = {"employer_no": f"H{n}-{a}", "employer_name": name, "uscc": code, "version": version}
            if heads.get("insured_headcount") is not None:
                say("hr_insurance", **employer, month="2025-12", insured_headcount=heads["insured_headcount"])
            if heads.get("rd_headcount") is not None:
                say("hr_talent", **employer, as_of_year=2025, rd_headcount=heads["rd_headcount"])
        for d in e.declarations:
            say("mi_declaration", **{**named, **d, "version": d["version"] + 10 * (version - 1)})
        by_record = {
            "fn_equity": ("deal_no", e.deals), "fn_listing": ("listing_no", e.listings),
            "mi_tech_register": ("cert_no", e.certificates), "mi_tier_holder": ("cert_no", e.titles),
        }  # fmt: skip
        for dataset, (key, records) in by_record.items():
            for a, record in enumerate(records):
                if version == 1 or dataset != "fn_equity" or record.get("is_new"):
                    say(dataset, **{key: f"{dataset}-{n}-{a}", **named, **record})
        for a, record in enumerate(e.irregularities):
            say("ms_irregularity", record_no=f"I{n}-{a}", entity_no=f"N{n}", uscc=code, **record)
        for a, record in enumerate(e.rights):
            say("ms_ip_right", ip_no=f"P{n}-{a}", owner_name=name, owner_uscc=code, **record)
    for dataset, told in rows.items():
        deliver(dsn, dataset, delivered_on, [{k: v for k, v in row.items() if k != "is_new"} for row in told])


def year_ago(day: dt.date, years: int) -> dt.date:
    """Return the day of which another is the anniversary."""
    found = anniversary(day, -years)
    assert anniversary(found, years) == day
    return found


def strong(label: str = "strong") -> Enterprise:
    """Return an enterprise that most rules take."""
    return Enterprise(
        label,
        accounts=[{
            2025: account(60_000_000, 56_000_000, 8_000_000, 6_600_000, 80_000_000, 20_000_000),
            2024: account(56_000_000, 52_000_000, 8_000_000, 5_000_000, 70_000_000, 20_000_000),
            2023: account(52_000_000, 48_000_000, 8_000_000, 4_000_000, 60_000_000, 20_000_000),
        }],
        employers=[{"insured_headcount": 100, "rd_headcount": 40}],
        declarations=[{
            "declared_year": 2026, "version": 1, "niche_since": dt.date(2012, 5, 1),
            "product_domain": "补短板锻长板填空白", "strategic_emerging": "是", "key_field": "是",
            "key_chain_link": "是", "domestic_market_share_pct": 20, "domestic_rank": 2,
            "market_position_confirmed": "是",
            "platform_score": 70, "digital_level": 3, "core_business_on_it": "是",
            "ip_class1_high_value": 1, "ip_class1_own": 3, "ip_class1": 5, "ip_class2": 5,
            "local_feature_score": 8,
        }],
        certificates=[
            {"register": "科技型中小企业", "level": "国家级", "issued_on": dt.date(2025, 6, 1),
             "valid_until": dt.date(2027, 3, 31)},
            {"register": "管理体系认证", "level": None, "issued_on": dt.date(2024, 1, 1),
             "valid_until": dt.date(2027, 1, 1)},
            {"register": "自主品牌", "level": "企业级", "issued_on": dt.date(2020, 1, 1), "valid_until": None},
            {"register": "研发机构", "level": "市级", "issued_on": dt.date(2022, 1, 1), "valid_until": None},
        ],
        titles=[{"tier": "专精特新中小企业", "awarded_on": dt.date(2024, 7, 1), "valid_until": dt.date(2027, 6, 30)}],
        rights=[{"ip_kind": "发明专利", "legal_status": "有效"}, {"ip_kind": "发明专利", "legal_status": "有效"}],
    )  # fmt: skip


def modest(label: str = "modest") -> Enterprise:
    """Return an enterprise about the middle of every score."""
    e = strong(label)
    e.accounts = [{
        2025: account(30_000_000, 24_000_000, 1_200_000, 1_300_000, 40_000_000, 24_000_000),
        2024: account(28_000_000, 22_400_000, 1_100_000, 1_200_000, 38_000_000, 24_000_000),
        2023: account(26_000_000, 21_000_000, 1_000_000, 1_000_000, 36_000_000, 24_000_000),
    }]  # fmt: skip
    e.employers = [{"insured_headcount": 100, "rd_headcount": 16}]
    e.declarations[0] |= {
        "product_domain": "关键产业链配套", "strategic_emerging": "否", "digital_level": 2, "ip_class1_high_value": 0,
        "ip_class1_own": 0, "ip_class1": 1, "local_feature_score": 4, "niche_since": dt.date(2020, 1, 1),
    }  # fmt: skip
    return e


def account(revenue: Any, main: Any, rd: Any, profit: Any, assets: Any, liabilities: Any) -> Row:
    return dict(zip(ACCOUNT.values(), (revenue, main, rd, profit, assets, liabilities), strict=True))
