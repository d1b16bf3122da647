"""Each contract rule as one SQL predicate, true when the rule is broken.

Derived from the contract alone. The same rule text serves two sets of terms: the raw row (public,
for whoever asks about one row) and the readings table that `tidu.validation.readings` makes, where
every value is read once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tidu.contracts import DatasetContract, Field, Rule
from tidu.errors import ContractError

BROKEN_TEXT = "\ufffd"
ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Terms:
    """How a rule finds its operands: SQL for cleaned text, reading, code check and delivery date."""

    text: Callable[[Field], str]
    """Cleaned text, null when nothing was given."""
    reading: Callable[[Field], str]
    """Typed value, null when there is none or it cannot be read."""
    unread: Callable[[Field], str]
    """Boolean: text was given and cannot be read."""
    checked: Callable[[Field, str], str]
    """Boolean or null: the code passes the check of that rule kind; null where no code was given."""
    delivered_on: str
    misaligned: str
    """Boolean: the row has more or fewer cells than the header."""


def predicate(contract: DatasetContract, rule: Rule) -> str:
    """Return SQL that is true where a raw row breaks `rule`, never null.

    Scope: `r` is a row of raw.<dataset>, `d` its row of ops.delivery.
    Raises ContractError for row:conflict, which depends on other rows and is decided in settlement.
    """
    return condition(contract, rule, raw_terms(contract))


def predicates(contract: DatasetContract) -> dict[str, str]:
    """Return the predicate of every rule that one raw row decides, by rule id, in contract order."""
    return {rule.rule_id: predicate(contract, rule) for rule in row_rules(contract)}


def row_rules(contract: DatasetContract) -> tuple[Rule, ...]:
    """Return the rules that one row decides alone: all but row:conflict."""
    return tuple(rule for rule in contract.rules if rule.kind != "conflict")


def condition(contract: DatasetContract, rule: Rule, terms: Terms) -> str:
    """Return the predicate of `rule` in the given terms. Raises ContractError when one row cannot decide it."""
    if rule.kind == "column_count":
        return terms.misaligned
    if rule.column is None:
        raise ContractError(f"{contract.name}: rule {rule.rule_id} is not decided by one row")
    return _column_condition(rule, contract.field(rule.column), terms)


def _column_condition(rule: Rule, field: Field, terms: Terms) -> str:
    text, reading = terms.text(field), terms.reading(field)
    match rule.kind:
        case "required":
            return f"({text} is null)"
        case "type":
            return terms.unread(field)
        case "values":
            return f"coalesce({text} not in ({', '.join(literal(v) for v in field.values)}), false)"
        case "minimum":
            return f"coalesce({reading} < {field.minimum}, false)"
        case "not_after_delivery":
            return f"coalesce({_day(field, reading)} > {terms.delivered_on}, false)"
        case "year_not_after_delivery":
            return f"coalesce({reading} > extract(year from {terms.delivered_on}), false)"
        case "no_broken_text":
            return f"coalesce(strpos({text}, {literal(BROKEN_TEXT)}) > 0, false)"
        case "not_placeholder_name":
            return f"coalesce({text} = '无' or starts_with({text}, '测试'), false)"
        case "uscc" | "reg_no":
            return f"coalesce(not {terms.checked(field, rule.kind)}, false)"
        case _:
            raise ContractError(f"rule {rule.rule_id}: kind {rule.kind} has no predicate")


def raw_terms(contract: DatasetContract) -> Terms:
    """Return the terms of a raw row `r` and its delivery `d`."""

    def text(field: Field) -> str:
        return f"ops.clean(r.{quoted(field.name)})"

    def reading(field: Field) -> str:
        return read(contract, field, text(field))

    def unread(field: Field) -> str:
        return f"({text(field)} is not null and {reading(field)} is null)"

    def checked(field: Field, kind: str) -> str:
        return check(kind, text(field))

    misaligned = "coalesce(r._extra ?| array['__surplus__', '__missing__'], false)"
    return Terms(text, reading, unread, checked, "d.delivered_on", misaligned)


def read(contract: DatasetContract, field: Field, text: str) -> str:
    """Return SQL that reads cleaned text by the field's type and the contract's reading."""
    sheet = contract.reading == "sheet"
    match field.type:
        case "integer":
            return f"ops.parse_integer({text})"
        case "decimal" if sheet:
            unit = "null" if field.unit is None else literal(field.unit)
            return f"ops.parse_decimal_sheet({text}, {unit})"
        case "decimal":
            return f"ops.parse_decimal({text})"
        case "date":
            return f"ops.parse_date_sheet({text})" if sheet else f"ops.parse_date({text})"
        case "month":
            return f"ops.parse_month({text})"
        case "timestamp":
            return f"ops.parse_timestamp({text})"
        case _:
            return text


def check(kind: str, text: str) -> str:
    """Return SQL for a code check over cleaned text: null where the rule has nothing to check."""
    if kind == "uscc":
        return f"case when {text} is not null then ops.is_uscc({text}) end"
    return f"case when {text} is not null and not ops.is_placeholder_code({text}) then ops.is_reg_no({text}) end"


def quoted(name: str) -> str:
    """Return a column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return text as an SQL string literal (standard_conforming_strings)."""
    return "'" + text.replace("'", "''") + "'"


def _day(field: Field, reading: str) -> str:
    return f"({reading} at time zone '{ZONE}')::date" if field.type == "timestamp" else reading
