"""Rows made from a contract: sound ones, and for every rule one that breaks it."""

from __future__ import annotations

from typing import Any

from tidu.contracts import DatasetContract, Field, Rule

SOUND_USCC = ("91110000600037341L", "91370200163562681G", "913702001635621638")
SOUND = {
    "integer": "3", "decimal": "12.50", "date": "2024-05-06", "month": "2024-05",
    "timestamp": "2024-05-06T08:00:00", "flag": "是",
}  # fmt: skip
LATE = {"date": "2099-01-01", "month": "2099-01", "timestamp": "2099-01-01T00:00:00"}
BREAKING: dict[str, str | None] = {
    "required": " ",
    "type": "壹",
    "values": "别的",
    "minimum": "-1",
    "year_not_after_delivery": "2099",
    "no_broken_text": "甲\ufffd公司",
    "not_placeholder_name": "测试企业",
    "uscc": "91110000600037341X",
    "reg_no": "370200000000001",
}


def sound_value(field: Field, number: int) -> str:
    if "uscc" in field.declared_rules:
        return SOUND_USCC[number % len(SOUND_USCC)]
    if "reg_no" in field.declared_rules:
        return "无"
    if field.values:
        return field.values[0]
    if "year_not_after_delivery" in field.declared_rules:
        return "2023"
    if field.type in SOUND:
        return SOUND[field.type]
    return f"甲{number}" if field.type == "string" else "370203"


def sound_row(contract: DatasetContract, number: int) -> dict[str, Any]:
    """A row that breaks nothing; rows of different numbers have different keys where the key is free text."""
    row: dict[str, Any] = {field.name: sound_value(field, number) for field in contract.fields}
    free = [n for n in contract.identity_key if contract.field(n).type in ("string", "code")]
    for name in free:
        if not contract.field(name).declared_rules and not contract.field(name).values:
            row[name] = f"K{number}"
    return row


def broken_row(contract: DatasetContract, rule: Rule, number: int) -> dict[str, Any]:
    """A sound row with that one rule broken (a value that cannot be read may break others too)."""
    row = sound_row(contract, number)
    if rule.column is None:
        return row | {"_extra": {"__surplus__": ["x"]}}
    value = BREAKING.get(rule.kind)
    if rule.kind == "not_placeholder_name" and number % 2:
        value = SOUND_USCC[0]
    if rule.kind == "not_after_delivery":
        value = LATE[contract.field(rule.column).type]
    assert value is not None
    return row | {rule.column: value}


def dirty_rows(contract: DatasetContract) -> list[dict[str, Any]]:
    """Sound rows, one row per breakable rule, and a pair of rows in conflict."""
    rows = [sound_row(contract, n) for n in range(3)]
    breakable = [rule for rule in contract.rules if rule.kind != "conflict"]
    rows += [broken_row(contract, rule, 10 + n) for n, rule in enumerate(breakable)]
    plain = [f for f in contract.fields if f.name not in contract.key and not f.declared_rules]
    content = next(f.name for f in plain if f.type in ("string", "decimal") or f.values)
    field = contract.field(content)
    other = field.values[-1] if field.values else "13" if field.type == "decimal" else "另外"
    return [*rows, rows[0] | {content: other}]
