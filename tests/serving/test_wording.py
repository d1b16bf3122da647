"""Figures as a clerk reads them, and which of them are restricted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tidu.serving.reports.wording import FIGURES, asked_for, is_restricted, points, told, worded
from tidu.transform.tiers.inputs import inputs
from tidu.transform.tiers.registry import policies


@pytest.mark.parametrize(
    ("value", "unit", "beside", "text"),
    [
        (15_000_000, "元", None, "1,500万元"),
        (Decimal("14999999.99"), "元", 15_000_000, "1,499.999999万元"),
        (Decimal("-12345.6"), "元", None, "-1.23万元"),
        (Decimal("0.03"), "比率", Decimal("0.03"), "3%"),
        (Decimal("0.02999999"), "比率", Decimal("0.03"), "2.999999%"),
        (Decimal("0.8000001"), "比率", Decimal("0.8"), "80.00001%"),
        (Decimal("0.123456"), "比率", None, "12.35%"),
        (20, "百分数", None, "20%"),
        (0, "元", None, "0万元"),
        (Decimal("3.00"), "年", 3, "3年"),
        (4, "件", None, "4件"),
        (True, "是否", None, "是"),
        (False, "是否", None, "否"),
        (None, "元", None, "缺"),
        ("2020-01-01", "日期", None, "2020-01-01"),
    ],
)
def test_a_figure_never_looks_like_the_threshold_it_misses(value: Any, unit: str, beside: Any, text: str) -> None:
    assert worded(value, unit, beside) == text


def test_restricted_is_what_contracts_call_so_and_what_is_computed_from_it() -> None:
    assert {n for n in ("revenue_y1", "rd_ratio_3y", "debt_ratio_y1", "net_margin_y1") if is_restricted(n)} == {
        "revenue_y1", "rd_ratio_3y", "debt_ratio_y1", "net_margin_y1"
    }  # fmt: skip
    assert not any(is_restricted(n) for n in ("platform_score", "headcount_y1", "niche_years", "is_large", "equity_2y"))


def test_every_input_from_accounts_is_known_to_be_restricted() -> None:
    from_accounts = [
        name
        for name, found in inputs().items()
        if found.unit not in ("是否", "文本") and any(group.startswith("accounts_") for group in found.evidence)
    ]
    assert len(from_accounts) > len(FIGURES)
    assert [name for name in from_accounts if not is_restricted(name)] == []


def test_masking_hides_what_is_restricted_and_nothing_else() -> None:
    value = {"revenue_y1": 15_000_000, "equity_2y": 0}
    assert told(["revenue_y1", "equity_2y"], value, masked=True) == "上年度营业收入 ＊＊＊；近两年新增股权融资 0万元"
    assert told(["revenue_y1"], None, masked=True) == "缺"
    assert told(["is_large"], False) == "大型企业：否"


def test_a_threshold_says_which_way_it_goes() -> None:
    (policy,) = [p for p in policies() if p.version == "specialised-2026"]
    items = {item.code: item for item in policy.items}
    assert asked_for(["debt_ratio_y1"], Decimal("0.8"), items["A3c"]) == "≤ 80%"
    assert asked_for(["main_ratio_y1"], Decimal("0.8"), items["A3b"]) == "≥ 80%"
    assert asked_for(["is_large"], False, items["G2"]) == "应为否"
    assert asked_for(["has_tech_sme", "holds_innovative"], "甲，或乙", items["A1"]) == "甲，或乙"


def test_points_show_what_is_open() -> None:
    assert points(15, 15, 20) == "15 / 20"
    assert points(0, 20, 20) == "0 至 20 / 20"
    assert points(None, None, None) == ""
