"""Numbers with their units, as policies write them: 1500 万元, 5 %, 3 年."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

FACTORS: dict[str, tuple[str, Decimal]] = {
    "元": ("元", Decimal(1)),
    "万元": ("元", Decimal(10_000)),
    "亿元": ("元", Decimal(100_000_000)),
    "%": ("比率", Decimal("0.01")),
    "比率": ("比率", Decimal(1)),
    **{unit: (unit, Decimal(1)) for unit in ("年", "日", "分", "件", "项", "人", "名", "级", "百分数")},
}
"""Unit as written -> unit of the input it is compared with, and how many of those it is."""
UNITS = frozenset({unit for unit, _ in FACTORS.values()} | {"是否", "文本", "日期"})
_WRITTEN = re.compile(r"(-?\d+(?:\.\d+)?)\s*(\S+)")


def quantity(written: Any, unit: str) -> Decimal:
    """Return a written quantity in the unit of an input. Raises ValueError that says what does not fit."""
    number, of = measured(written, FACTORS)
    if of != unit:
        raise ValueError(f"{written!r} is compared with an input in {unit}")
    return number


def measured(written: Any, factors: Mapping[str, tuple[str, Decimal]]) -> tuple[Decimal, str]:
    """Return a written quantity and the unit it is measured in. Raises ValueError that says what cannot be read."""
    found = _WRITTEN.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None:
        raise ValueError(f"{written!r} is no number with its unit, such as `1500 万元`")
    number, its_unit = Decimal(found[1]), found[2]
    if its_unit not in factors:
        raise ValueError(f"{written!r}: the unit {its_unit} is not known; there are {'、'.join(factors)}")
    of, factor = factors[its_unit]
    return (number * factor).normalize(), of
