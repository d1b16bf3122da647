"""How a spreadsheet's author writes an amount or a date. The meaning never changes.

Only plain values are written another way: an amount a double holds exactly, a real date within Excel's calendar.
Everything else, faulty values included, stays the text it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from tidu.contracts.model import DatasetContract, Field

PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,10})(\.\d{1,4})?", re.ASCII)
PLAIN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
EPOCH = date(1899, 12, 30)
SERIAL_YEARS = range(1930, 2100)
TEXT_YEARS = range(1900, 2100)
UNIT_TEXT = {"wan": "万元", "yuan": "元"}


@dataclass(frozen=True)
class Serial:
    """A date as Excel counts days, shown as a date or left as a bare number."""

    days: int
    formatted: bool


Cell = str | float | Serial


def column_cells(contract: DatasetContract, series: pl.Series, salt: int) -> list[Cell]:
    """Return the cells of one column; the way of writing turns with the row and `salt`."""
    known = {f.name: f for f in contract.fields}.get(series.name)
    values: list[str] = series.to_list()
    if known is None or known.type not in ("decimal", "integer", "date"):
        return list(values)
    if known.type == "date":
        return [_date(value, (row + salt) % 8) for row, value in enumerate(values)]
    return [_number(value, known, (row + salt) % 9) for row, value in enumerate(values)]


def total_of(contract: DatasetContract, series: pl.Series) -> float | None:
    """Return the sum of an amount's readable values; None for a column nobody sums."""
    known = {f.name: f for f in contract.fields}.get(series.name)
    if known is None or known.unit is None:
        return None
    total = series.str.strip_chars().cast(pl.Float64, strict=False).sum()
    return round(float(total), 4)


def _number(value: str, field: Field, way: int) -> Cell:
    if not PLAIN_NUMBER.fullmatch(value):
        return value
    if way == 6:
        return value
    if field.unit and not value.startswith("-"):
        if way == 7:
            whole, point, rest = value.partition(".")
            return f"{int(whole):,}{point}{rest}"
        if way == 8:
            return value + UNIT_TEXT[field.unit]
    return float(value)


def _date(value: str, way: int) -> Cell:
    if not PLAIN_DATE.fullmatch(value):
        return value
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    if day.year not in TEXT_YEARS:
        return value
    if way < 4:
        return Serial((day - EPOCH).days, formatted=way < 3) if day.year in SERIAL_YEARS else value
    return (f"{day.year}年{day.month}月{day.day}日", f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}", value)[
        way - 4
    ]
