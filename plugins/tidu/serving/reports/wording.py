"""Figures and verdicts as a clerk reads them: 万元, %, 年, 是; and which figures are restricted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tidu.contracts import contract
from tidu.transform.tiers.conditions import BOUNDS
from tidu.transform.tiers.inputs import Input, inputs
from tidu.transform.tiers.policy import Item

VERDICTS = {"met": "符合", "not_met": "不符合", "unknown": "待定（缺数据）", "assumed": "假设成立"}
SHORT = {**VERDICTS, "unknown": "待定"}
"""The same where there is little room."""
LEVERS = {"enterprise": "企业自身", "time": "时间", "department": "部门"}
KINDS = {"gate": "基本条件", "criterion": "认定条件", "score": "评分指标", "direct": "直接认定条件", "assumed": "假设"}
DRAFT = "草案"
UNKNOWN, MASKED = "缺", "＊＊＊"
FIGURES = {
    "revenue": "operating_revenue_yuan", "main_revenue": "main_business_revenue_yuan", "rd_expense": "rd_expense_yuan",
    "net_profit": "net_profit_yuan", "total_assets": "total_assets_yuan",
    "total_liabilities": "total_liabilities_yuan",
}  # fmt: skip
"""Figures of accounts -> their field in the income tax return, whose contract says how they are classified."""
SHOWN_AS = {"元": (Decimal(10_000), "万元"), "比率": (Decimal("0.01"), "%"), "百分数": (Decimal(1), "%")}
MOST_PLACES = 8


def worded(value: Any, unit: str, beside: Any = None) -> str:
    """Return a figure in the unit a clerk reads; `beside` is the threshold it is compared with.

    Two decimal places, and as many more as it takes not to show a figure that misses its threshold as equal to it.
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "是" if value else "否"
    if not isinstance(value, int | float | Decimal):
        return str(value)
    factor, shown = SHOWN_AS.get(unit, (Decimal(1), unit))
    exact = Decimal(str(value)) / factor
    limit = Decimal(str(beside)) / factor if is_number(beside) else None
    places = 2
    while (
        limit is not None and exact != limit and places < MOST_PLACES and round(exact, places) == round(limit, places)
    ):
        places += 1
    text = f"{exact:,.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + ("" if shown == "文本" else shown)


def is_number(value: Any) -> bool:
    """Tell whether a value is a number, which a truth value is not."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def is_restricted(name: str) -> bool:
    """Tell whether an input is, or is computed from, a figure that its contract calls restricted."""
    known: Input | None = inputs().get(name)
    bases = known.bases if known is not None else frozenset({name})
    return any(_classification(re.sub(r"_y\d$", "", base)) == "restricted" for base in bases)


def _classification(figure: str) -> str:
    field = FIGURES.get(figure)
    return contract("tx_cit_return").field(field).classification if field else "internal"


def told(names: Iterable[str], value: Any, beside: Any = None, *, masked: bool = False) -> str:
    """Return what is known of the inputs of a criterion: a figure, or each by its name where there are several."""
    listed = list(names)
    if isinstance(value, bool) and len(listed) == 1:
        return f"{label(listed[0])}：{worded(value, '是否')}"
    if isinstance(value, Mapping):
        return "；".join(
            told([n], v) if isinstance(v, bool) else f"{label(n)} {told([n], v, beside, masked=masked)}"
            for n, v in value.items()
        )
    if masked and value is not None and any(is_restricted(n) for n in listed):
        return MASKED
    return worded(value, unit_of(listed), beside)


def asked_for(names: Iterable[str], threshold: Any, item: Item | None = None) -> str:
    """Return a threshold as a clerk reads it: `≥ 80%`, `应为否`, or the whole condition; `item` says which way."""
    if threshold is None:
        return ""
    if isinstance(threshold, bool):
        return "应为是" if threshold else "应为否"
    if not is_number(threshold):
        return str(threshold)
    signs = {BOUNDS[c.test][1] for c in item.comparisons() if c.test in BOUNDS} if item is not None else set()
    sign = f"{signs.pop()} " if len(signs) == 1 else ""
    return f"{sign}{worded(threshold, unit_of(names))}"


def unit_of(names: Iterable[str]) -> str:
    """Return the unit that inputs share; nothing where they do not."""
    units = {inputs()[name].unit for name in names if name in inputs()}
    return units.pop() if len(units) == 1 else "文本"


def label(name: str) -> str:
    """Return the Chinese name of an input."""
    return inputs()[name].zh if name in inputs() else name


def points(least: Any, most: Any, full: Any) -> str:
    """Return points as `15 / 20`, or `0 至 20 / 20` while they are open; nothing for what gives none."""
    if full is None:
        return ""
    span = worded(least, "文本") if least == most else f"{worded(least, '文本')} 至 {worded(most, '文本')}"
    return f"{span} / {worded(full, '文本')}"
