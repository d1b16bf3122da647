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
USCC_ALPHABET = "0-9A-HJ-NPQRTUWXY"
LONGEST_NAME_BYTES = 1000
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
    is_late: Callable[[Field], str]
    """Boolean or null: the date, month or instant lies after the delivery's date (in Shanghai)."""
    delivered_year: str
    misaligned: str
    """Boolean: the row has more or fewer cells than the header, or a cell that swallowed others."""


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
    values = ", ".join(literal(v) for v in field.values)
    conditions = {
        "required": f"{text} is null",
        "type": terms.unread(field),
        "values": f"{text} not in ({values})",
        "minimum": f"{reading} < {field.minimum}",
        "not_after_delivery": terms.is_late(field),
        "year_not_after_delivery": f"{reading} > {terms.delivered_year}",
        "no_broken_text": f"strpos({text}, {literal(BROKEN_TEXT)}) > 0",
        # A name in the form of a credit code came from the column beside it.
        "not_placeholder_name": f"{text} = '无' or starts_with({text}, '测试')"
        f" or length({text}) = 18 and {text} ~ '^[{USCC_ALPHABET}]+$'",
        "uscc": f"not {terms.checked(field, 'uscc')}",
        "reg_no": f"not {terms.checked(field, 'reg_no')}",
    }
    try:
        return f"coalesce({conditions[rule.kind]}, false)"
    except KeyError:
        raise ContractError(f"rule {rule.rule_id}: kind {rule.kind} has no predicate") from None


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

    def is_late(field: Field) -> str:
        if field.type == "timestamp":
            return f"({reading(field)} at time zone '{ZONE}')::date > d.delivered_on"
        return f"{reading(field)} > d.delivered_on"

    misaligned = f"coalesce(r._extra ?| array['__surplus__', '__missing__'] or {swallowed(contract)}, false)"
    return Terms(text, reading, unread, checked, is_late, "extract(year from d.delivered_on)", misaligned)


def swallowed(contract: DatasetContract) -> str:
    """Return SQL that is true where a required text of the raw row `r` is longer than any number or name.

    That is a quotation mark that closed too late: the cell holds the cells, or the lines, after it.
    Nor could such a key be indexed, here or in the models.
    """
    texts = [f for f in contract.fields if f.required and f.type in ("string", "code")]
    lengths = ", ".join(f"octet_length(r.{quoted(f.name)})" for f in texts)
    return f"greatest({lengths}) > {LONGEST_NAME_BYTES}"


def read(contract: DatasetContract, field: Field, text: str) -> str:
    """Return SQL that reads cleaned text by the field's type and the contract's reading."""
    sheet = contract.reading == "sheet"
    unit = "null" if field.unit is None else literal(field.unit)
    readings = {
        "integer": f"ops.parse_integer({text})",
        "decimal": f"ops.parse_decimal_sheet({text}, {unit})" if sheet else f"ops.parse_decimal({text})",
        "date": f"ops.parse_date_sheet({text})" if sheet else f"ops.parse_date({text})",
        "month": f"ops.parse_month({text})",
        "timestamp": f"ops.parse_timestamp({text})",
    }
    return readings.get(field.type, text)


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
