"""Rows that must not be accepted: every kind of fault a contract forbids, each an extra row.

A fault is a copy of a good row with one thing broken. It never stands in a good row's place, so sums over the
rows that are not listed in truth/faults.csv are well defined.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from simulators.world import identifiers
from simulators.world.reading import broken_rules
from simulators.world.timetable import month_start
from tidu.contracts import DatasetContract, Field, Rule

SHARE = 0.003
Row = dict[str, Any]
BAD_TEXT = {
    "integer": ("12人", "三", "1.5"),
    "decimal": ("约100", "一百万", "1.2.3", "#REF!"),
    "date": ("2025-02-30", "2024-13-01", "长期", "2025-6-31"),
    "month": ("2024-13", "2024-00", "2024年", "202401"),
    "timestamp": ("2025-02-30T10:00:00+08:00", "2025-01-05T25:61:00", "昨天"),
}
FOREIGN_VALUES = ("其它", "Y", "9", "未知")


def faulty(dataset: DatasetContract, good: pl.DataFrame, r: np.random.Generator) -> pl.DataFrame:
    """Return extra rows that break rules: about 0.3 % of the good ones, all rules in turn.

    `good` holds text fields, `_delivered_on`, `_place`, `_true_id`; the result adds `_rule`, the rule broken.
    """
    if good.is_empty():
        return good.with_columns(_rule=pl.lit(None, pl.String))
    rules = [rule for rule in dataset.rules if rule.column is not None]
    wanted = max(round(len(good) * SHARE), min(len(rules) + 1, max(4, len(good) // 40)))
    turns = np.resize(r.permutation(len(rules) + 1), wanted)
    templates = good[np.sort(r.choice(len(good), wanted, replace=len(good) < wanted))].rows(named=True)
    rows = []
    for n, (turn, template) in enumerate(zip(turns.tolist(), templates, strict=True)):
        row = {**template, "_place": template["_place"] + 0.4}
        if turn == len(rules):
            rows.extend(shifted(dataset, row))
        else:
            renumber(dataset, row, n)
            row["_rule"] = rules[turn].rule_id
            row[rules[turn].column or ""] = spoiled(rules[turn], dataset, row, r)
            rows.append(row)
    frame = pl.DataFrame(rows, schema={**good.schema, "_rule": pl.String})
    return checked(dataset, frame)


def checked(dataset: DatasetContract, frame: pl.DataFrame) -> pl.DataFrame:
    """Name the first rule shifted rows break, drop shifts that break none, refuse a fault that is none."""
    broken = broken_rules(frame, dataset)
    frame = frame.with_columns(_broken=broken)
    frame = frame.filter((pl.col("_rule") != "shift") | (pl.col("_broken").list.len() > 0))
    frame = frame.with_columns(
        _rule=pl.when(pl.col("_rule") == "shift").then(pl.col("_broken").list.first()).otherwise("_rule")
    )
    frame = frame.unique(["_delivered_on", "_place"], keep="first", maintain_order=True)
    missed = frame.filter(~pl.col("_broken").list.contains(pl.col("_rule")))
    if len(missed):
        raise ValueError(f"{dataset.name}: a fault breaks no rule: {missed.row(0, named=True)}")
    return frame.drop("_broken")


def renumber(dataset: DatasetContract, row: Row, n: int) -> None:
    """Give a faulty copy a key of its own where the key is a number the department gives."""
    (first, *others) = dataset.key
    if not others and first != "uscc":
        row[first] = f"{row[first]}{n:03d}"


def shifted(dataset: DatasetContract, row: Row) -> list[Row]:
    """Return the row shifted one column to the right from each of its columns, most harmful first."""
    fields = dataset.field_names
    out = []
    for start in range(len(fields) - 1):
        moved = dict(row)
        moved[fields[start]] = None
        for at in range(start + 1, len(fields)):
            moved[fields[at]] = row[fields[at - 1]]
        moved["_rule"] = "shift"
        out.append(moved)
    return out[len(out) // 2 :] + out[: len(out) // 2]


def spoiled(rule: Rule, dataset: DatasetContract, row: Row, r: np.random.Generator) -> str | None:
    """Return the text that breaks the rule; None empties the cell."""
    field = dataset.field(rule.column or "")
    value = str(row[field.name] or "")
    ways: dict[str, Callable[[], str | None]] = {
        "required": lambda: None,
        "type": lambda: pick(BAD_TEXT[field.type], r),
        "values": lambda: pick(FOREIGN_VALUES, r),
        "minimum": lambda: "-" + (value.lstrip("-") if value.strip("0.") else "5"),
        "not_after_delivery": lambda: future(field, row["_delivered_on"], r),
        "year_not_after_delivery": lambda: future(field, row["_delivered_on"], r),
        "no_broken_text": lambda: (value[:2] or "青岛") + "\ufffd" + value[3:],
        "not_placeholder_name": lambda: pick(("测试企业", "测试001", "无"), r),
        "uscc": lambda: bad_uscc(value, r),
        "reg_no": lambda: bad_reg_no(r),
    }
    return ways[rule.kind]()


def future(field: Field, delivered: date, r: np.random.Generator) -> str:
    """Return a date, period or year after the delivery."""
    day = delivered + timedelta(days=int(r.integers(1, 400)))
    if field.type == "month":
        return f"{month_start(delivered, int(r.integers(1, 9))):%Y-%m}"
    if field.type == "integer":
        return str(delivered.year + int(r.integers(1, 3)))
    return f"{day}T09:30:00+08:00" if field.type == "timestamp" else str(day)


def bad_reg_no(r: np.random.Generator) -> str:
    """Return a registration number with a wrong check digit."""
    body = "".join(r.integers(0, 10, 9).astype(str).tolist())
    right = str(identifiers.reg_nos(np.array(["37020" + body]))[0])
    return right[:14] + str((int(right[14]) + 1 + int(r.integers(0, 9))) % 10)


def bad_uscc(value: str, r: np.random.Generator) -> str:
    """Return a credit code that fails: one character wrong, short, in lower case, or only a placeholder."""
    whole = value if len(value) == 18 else "91370202163567298H"
    wrong = str(identifiers.spoil(np.array([whole]), r)[0])
    return pick((wrong, wrong, whole[:17], whole[:17].lower() + "x", "000000000000000000", "无"), r)


def pick(words: tuple[str, ...], r: np.random.Generator) -> str:
    """Draw one word."""
    return words[int(r.integers(0, len(words)))]
