"""Ten verdicts of the sample world, drawn by lot, down to the rows they rest on: the text of docs/tiers-traced.md."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import psycopg

from tidu.contracts import contracts
from tidu.transform.tiers.explanation import TierExplanation, explain_verdict
from tidu.transform.tiers.registry import policies

TIERS = ("创新型中小企业", "专精特新中小企业", "专精特新小巨人", "科技型中小企业", "高新技术企业")
SEED = 10
VERDICTS = {"met": "符合", "not_met": "不符合", "unknown": "未知"}
POOL = """
select e.uscc from mart.tier_finding as f join mart.enterprise as e using (enterprise_id)
where f.subject = 'tier' and f.tier = %s and f.verdict = %s and e.uscc is not null and f.until is null
    and exists (select from mart.tier_finding as d where d.enterprise_id = f.enterprise_id
        and d.observed ->> 'niche_since' is not null)
order by e.uscc
"""
"""Who declared this year, so that there is something to compute; the code orders them in every warehouse alike."""
QUOTIENTS = {
    "rd_ratio_y1": ("rd_expense_y1", "revenue_y1"), "rd_ratio_y2": ("rd_expense_y2", "revenue_y2"),
    "main_ratio_y1": ("main_revenue_y1", "revenue_y1"), "debt_ratio_y1": ("total_liabilities_y1", "total_assets_y1"),
    "rd_staff_ratio_y1": ("rd_headcount_y1", "headcount_y1"), "net_margin_y1": ("net_profit_y1", "revenue_y1"),
    "main_growth_y1": ("main_revenue_y1", "main_revenue_y2"),
}  # fmt: skip
"""Measures that are one figure over another; of growth one is taken away."""


def drawn(connection: psycopg.Connection) -> Iterator[tuple[str, str, str]]:
    """Yield tier, verdict and credit code: two of the three verdicts of each tier, one enterprise of each."""
    dice = random.Random(SEED)
    for tier in TIERS:
        for verdict in dice.sample(sorted(VERDICTS), 2):
            pool = [row[0] for row in connection.execute(POOL, [tier, verdict]).fetchall()]
            yield tier, verdict, dice.choice(pool)


def page(connection: psycopg.Connection) -> str:
    """Return the text of the page, but for what is written under `By hand`."""
    return "\n".join(traced(connection))


def without_hand(text: str) -> str:
    """Return the sections of a page without what a person computed in them."""
    lines = text[text.index("## 1. ") :].splitlines()
    return "\n".join(line for line in lines if not line.startswith("By hand: ")).replace("\n\n\n", "\n\n").strip()


def traced(connection: psycopg.Connection) -> Iterator[str]:
    """Yield the sections of the page, one per verdict."""
    for number, (tier, verdict, who) in enumerate(drawn(connection), start=1):
        found = explain_verdict(who, tier)
        assert found.told["verdict"] == verdict
        (observed,) = connection.execute(
            "select observed from mart.tier_finding where subject = 'tier' and tier = %s and enterprise_id = %s"
            " and until is null",
            [tier, found.told["enterprise_id"]],
        ).fetchone() or ({},)
        yield "\n".join(_section(number, found, observed))


def _section(number: int, found: TierExplanation, observed: dict[str, Any]) -> Iterator[str]:
    told = found.told
    score = "" if told["score_min"] is None else f", {told['score_min']:f} to {told['score_max']:f} points"
    yield f"## {number}. {told['tier']}: {VERDICTS[told['verdict']]}{score}\n"
    yield f"{told['name']}, `{told['uscc']}`, by `{told['policy_version']}` on {told['as_of']}.\n"
    yield "| item | asks | computed | answer |\n| --- | --- | --- | --- |"
    (policy,) = [p for p in policies() if p.version == told["policy_version"]]
    items = {item.code: item for item in policy.items}
    for criterion in told["criteria"]:
        if criterion["verdict"] == "assumed":
            continue
        item = items[criterion["code"]]
        computed = "; ".join(_computed(used.name, used.zh, observed, criterion) for used in item.used)
        answer = VERDICTS[criterion["verdict"]]
        if criterion["max_points"] is not None:
            span = {str(criterion["points_min"]), str(criterion["points_max"])}
            answer = "–".join(sorted(span, key=float)) + f" / {criterion['max_points']}"
        yield f"| {item.code} {item.name} | {item.threshold} | {computed} | {answer} |"
    yield "\nRows:\n"
    for (dataset, key, _), row in found.rows.items():
        values = ", ".join(
            f"{field.heading} {row[field.name]}" for field in contracts()[dataset].fields
            if row.get(field.name) is not None and field.name in SHOWN.get(dataset, ())
        )  # fmt: skip
        yield f"- `{dataset}` `{key}`, delivered {row['delivered_on']}, row {row['row_no']}: {values}"
    yield ""


def _computed(name: str, zh: str, observed: dict[str, Any], criterion: dict[str, Any]) -> str:
    if name in QUOTIENTS:
        over, under = (observed.get(base) for base in QUOTIENTS[name])
        if over is None or not under:
            return f"{zh}: {_said(over)} / {_said(under)}"
        share = Fraction(str(over)) / Fraction(str(under)) - (1 if name.startswith("main_growth") else 0)
        minus = " - 1" if name.startswith("main_growth") else ""
        return f"{zh}: {_said(over)} / {_said(under)}{minus} = {float(share):.6f}"
    value = criterion["value"]
    value = value.get(name) if isinstance(value, dict) else value
    return f"{zh}: {_said(value)}"


def _said(value: Any) -> str:
    if value is None:
        return "unknown"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


SHOWN = {
    "tx_cit_return": ("operating_revenue_yuan", "main_business_revenue_yuan", "net_profit_yuan", "total_assets_yuan",
                      "total_liabilities_yuan", "rd_expense_yuan"),
    "ms_annual_report": ("employees", "revenue_wan", "total_assets_wan", "total_liabilities_wan"),
    "hr_insurance": ("insured_headcount",),
    "hr_talent": ("rd_headcount",),
    "ms_registration": ("established_on", "industry_code", "reg_status"),
    "mi_declaration": ("niche_since", "product_domain", "strategic_emerging", "key_field", "key_chain_link",
                       "domestic_market_share_pct", "domestic_rank", "market_position_confirmed", "platform_score",
                       "ip_class1_high_value", "ip_class1_own", "ip_class1", "ip_class2"),
    "mi_tech_register": ("register", "level", "rank", "issued_on", "valid_until"),
    "mi_tier_holder": ("tier", "awarded_on", "valid_until", "withdrawn_on"),
    "fn_equity": ("paid_in_wan", "paid_on", "is_qualified_investor"),
    "ms_irregularity": ("list_kind", "listed_on", "removed_on"),
}  # fmt: skip
"""Fields that tiers look at."""
