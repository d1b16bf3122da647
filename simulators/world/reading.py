"""Reads delivered text strictly and names the rules each row breaks; the world's own second opinion.

Written from the interface's words alone, in polars, so that it can disagree with the platform. Used to prove
that every fault breaks the rule it is listed under and that nothing else breaks any.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from simulators.world import identifiers
from tidu.contracts import DatasetContract, Field, Rule

SPACE = " \t\r\n\u3000\u00a0"
_NUMBER = r"^[+-]?(\d{1,17}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,2})?$"
_INSTANT = r"^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?: ?(Z|[+-]\d{2}:?\d{0,2}))?)?$"


def clean(column: pl.Expr) -> pl.Expr:
    """Text without white space around it, null when nothing is left."""
    stripped = column.str.strip_chars(SPACE)
    return pl.when(stripped != "").then(stripped)


def read(field: Field, promised: DatasetContract) -> pl.Expr:
    """The value of a field as read: Int64, Decimal(38, 10), Date (months as first day), Datetime (UTC) or text."""
    text = clean(pl.col(field.name))
    sheet = promised.reading == "sheet"
    if field.type == "integer":
        return (
            pl.when(text.str.contains(r"^[+-]?\d{1,15}(\.0+)?$"))
            .then(text.str.extract(r"^\+?(-?\d+)", 1))
            .cast(pl.Int64, strict=False)
        )
    if field.type == "decimal":
        return _sheet_amount(text, field.unit) if sheet else _amount(text)
    if field.type == "date":
        return _sheet_date(text) if sheet else _date(text)
    if field.type == "month":
        return _date(pl.when(text.str.contains(r"^\d{4}-\d{2}$")).then(text + "-01"))
    if field.type == "timestamp":
        return _instant(text)
    return text


def _amount(text: pl.Expr) -> pl.Expr:
    plain = pl.when(text.str.contains(_NUMBER)).then(text)
    powered = plain.cast(pl.Float64, strict=False).cast(pl.Decimal(38, 10), strict=False)
    return (
        pl.when(plain.str.contains("[eE]"))
        .then(powered)
        .otherwise(plain.str.strip_chars_start("+").cast(pl.Decimal(38, 10), strict=False))
    )


def _sheet_amount(text: pl.Expr, unit: str | None) -> pl.Expr:
    bare = text.str.replace_all("[,，￥¥]", "").str.replace(r"\s*(万元|万|元)$", "")
    ten_thousand, hundredth = text.str.contains("万元?$"), text.str.contains("元$")
    up = 10_000 if unit == "yuan" else 1
    value = _amount(bare)
    if unit == "wan":
        return pl.when(hundredth & ~ten_thousand).then((value / 10_000).cast(pl.Decimal(38, 10))).otherwise(value)
    return pl.when(ten_thousand).then((value * up).cast(pl.Decimal(38, 10))).otherwise(value)


def _date(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(r"^\d{4}-\d{2}-\d{2}$")).then(text).str.to_date("%Y-%m-%d", strict=False)


def _sheet_date(text: pl.Expr) -> pl.Expr:
    parts = text.str.extract_groups(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00(?:\.0+)?)?)?$")
    spelled = pl.concat_str(parts.struct[0], parts.struct[1].str.zfill(2), parts.struct[2].str.zfill(2), separator="-")
    packed = text.str.extract_groups(r"^((?:19|20)\d{2})(\d{2})(\d{2})$")
    dense = pl.concat_str(packed.struct[0], packed.struct[1], packed.struct[2], separator="-")
    serial = text.str.extract(r"^([1-9]\d{4})(?:\.0+)?$", 1).cast(pl.Int64, strict=False)
    counted = pl.date(1899, 12, 30) + pl.duration(days=serial)
    return pl.coalesce(_date(spelled), _date(dense), counted)


def _instant(text: pl.Expr) -> pl.Expr:
    groups = text.str.extract_groups(_INSTANT)
    number = [groups.struct[i].cast(pl.Int64, strict=False) for i in (1, 2, 3)]
    hour, minute, second = (n.fill_null(0) for n in number)
    micros = groups.struct[4].str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64, strict=False).fill_null(0)
    offset = (
        groups.struct[5]
        .fill_null("+08:00")
        .replace("Z", "+00:00")
        .str.replace(":", "", literal=True)
        .str.pad_end(5, "0")
    )
    minutes = offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + offset.str.slice(3, 2).cast(
        pl.Int64, strict=False
    )
    shift = pl.when(offset.str.starts_with("-")).then(-minutes).otherwise(minutes)
    sane = (hour < 24) & (minute < 60) & (second < 60)
    day = groups.struct[0].str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    return pl.when(sane).then(
        day + pl.duration(hours=hour, minutes=minute - shift, seconds=second, microseconds=micros)
    )


def is_uscc(text: pl.Expr) -> pl.Expr:
    """True for 18 characters of the alphabet whose check character holds (upper case only)."""
    shaped = text.str.contains("^[0-9A-HJ-NPQRTUWXY]{18}$") & ~text.str.contains("^0+$")
    return shaped.fill_null(False) & pl.when(shaped).then(text).map_batches(_uscc_checks, return_dtype=pl.Boolean)


def is_reg_no(text: pl.Expr) -> pl.Expr:
    """True for 15 digits whose last one is the MOD 11,10 check digit."""
    shaped = text.str.contains("^[0-9]{15}$")
    return shaped.fill_null(False) & pl.when(shaped).then(text).map_batches(_reg_no_checks, return_dtype=pl.Boolean)


def _uscc_checks(text: pl.Series) -> pl.Series:
    known = text.fill_null("0" * 18).to_numpy().astype("<U18")
    heads = known.astype("<U17")
    return pl.Series(
        identifiers.usccs(heads.astype("<U8"), np.array([h[8:] for h in heads.tolist()], dtype="<U9")) == known
    )


def _reg_no_checks(text: pl.Series) -> pl.Series:
    known = text.fill_null("0" * 15).to_numpy().astype("<U15")
    return pl.Series(identifiers.reg_nos(known.astype("<U14")) == known)


def is_placeholder(text: pl.Expr) -> pl.Expr:
    """True for what people type when they have no code."""
    return text.str.contains(r"(?i)^(0+|无|待补|null|/)$").fill_null(False)


def breaks(rule: Rule, promised: DatasetContract) -> pl.Expr:
    """True where a row breaks this rule; the frame holds the fields as text and `_delivered_on`."""
    if rule.column is None:
        return pl.lit(False)
    field = promised.field(rule.column)
    text, value, today = clean(pl.col(field.name)), read(field, promised), pl.col("_delivered_on")
    day = value.dt.offset_by("8h").dt.date() if field.type == "timestamp" else value
    name = text.fill_null("")
    broken: dict[str, Callable[[], pl.Expr]] = {
        "required": text.is_null,
        "type": lambda: text.is_not_null() & value.is_null(),
        "values": lambda: text.is_not_null() & ~text.is_in(list(field.values)),
        "minimum": lambda: value < (field.minimum or 0),
        "not_after_delivery": lambda: day > today,
        "year_not_after_delivery": lambda: value > today.dt.year(),
        "no_broken_text": lambda: name.str.contains("\ufffd", literal=True),
        "not_placeholder_name": lambda: (
            name.str.starts_with("测试") | (name == "无") | name.str.contains("^[0-9A-HJ-NPQRTUWXY]{18}$")
        ),
        "uscc": lambda: text.is_not_null() & ~is_uscc(text),
        "reg_no": lambda: text.is_not_null() & ~is_placeholder(text) & ~is_reg_no(text),
    }
    return broken[rule.kind]().fill_null(False)


def broken_rules(frame: pl.DataFrame, promised: DatasetContract) -> pl.Series:
    """List, row by row, the ids of the rules broken by the row alone, in the contract's order."""
    rules = [r for r in promised.rules if r.column is not None]
    verdicts = frame.select(breaks(r, promised).alias(r.rule_id) for r in rules)
    named = [pl.when(pl.col(r.rule_id)).then(pl.lit(r.rule_id)) for r in rules]
    return verdicts.select(pl.concat_list(named).list.drop_nulls()).to_series()
