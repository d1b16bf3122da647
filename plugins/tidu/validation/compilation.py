"""Contract rules as native Great Expectations: what the predicates say in SQL, said again in GX's terms.

GX ignores nulls in every map expectation but not_be_null, as the contract's rules do.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidu.contracts import DatasetContract, Field, Rule
from tidu.errors import ContractError
from tidu.validation.predicates import BROKEN_TEXT, USCC_ALPHABET
from tidu.validation.readings import TEXT_TYPES
from tidu.validation.settlement import manner

Native = tuple[str, dict[str, Any]]


def native(contract: DatasetContract, rule: Rule) -> Native:
    """Return expectation type and kwargs of a contract rule, over the readings table."""
    if rule.kind == "column_count":
        return "expect_column_values_to_be_null", {"column": "_misaligned"}
    if rule.kind == "conflict":
        return "unexpected_rows_expectation", {"unexpected_rows_query": conflict_query(contract)}
    try:
        return NATIVE[rule.kind](contract.field(rule.column or ""))
    except KeyError:
        raise ContractError(f"{contract.name}: rule {rule.rule_id} has no expectation") from None


def _required(field: Field) -> Native:
    column = field.name if field.type in TEXT_TYPES else f"{field.name}__text"
    return "expect_column_values_to_not_be_null", {"column": column}


def _type(field: Field) -> Native:
    return "expect_column_values_to_be_null", {"column": f"{field.name}__unread"}


def _values(field: Field) -> Native:
    return "expect_column_values_to_be_in_set", {"column": field.name, "value_set": list(field.values)}


def _minimum(field: Field) -> Native:
    return "expect_column_values_to_be_between", {"column": field.name, "min_value": field.minimum}


def _not_after_delivery(field: Field) -> Native:
    if field.type == "timestamp":
        return _greater("delivery_ends", field.name, or_equal=False)
    return _greater("delivered_on", field.name, or_equal=True)


def _year_not_after_delivery(field: Field) -> Native:
    return _greater("delivered_year", field.name, or_equal=True)


def _no_broken_text(field: Field) -> Native:
    pattern = f"%{BROKEN_TEXT}%"
    return "expect_column_values_to_not_match_like_pattern", {"column": field.name, "like_pattern": pattern}


def _not_placeholder_name(field: Field) -> Native:
    return "expect_column_values_to_not_match_regex", {
        "column": field.name,
        "regex": f"^(测试|无$|[{USCC_ALPHABET}]{{18}}$)",
    }


def _code_check(field: Field) -> Native:
    return "expect_column_values_to_be_in_set", {"column": f"{field.name}__valid", "value_set": [True]}


NATIVE: dict[str, Callable[[Field], Native]] = {
    "required": _required,
    "type": _type,
    "values": _values,
    "minimum": _minimum,
    "not_after_delivery": _not_after_delivery,
    "year_not_after_delivery": _year_not_after_delivery,
    "no_broken_text": _no_broken_text,
    "not_placeholder_name": _not_placeholder_name,
    "uscc": _code_check,
    "reg_no": _code_check,
}


def _greater(larger: str, smaller: str, *, or_equal: bool) -> Native:
    return "expect_column_pair_values_a_to_be_greater_than_b", {
        "column_A": larger,
        "column_B": smaller,
        "or_equal": or_equal,
        "ignore_row_if": "either_value_is_missing",
    }


def conflict_query(contract: DatasetContract) -> str:
    """Return the rows in conflict, told by anti-joins over the rows that share key and version.

    Deliberately another way than settlement's windows: the two are held against each other.
    """
    if manner(contract) != "versioned":
        return """
            select s.delivery_id, s.row_no
            from {batch} as s
            join (
                select distinct on (_key, _place) _key, _place, _content as content
                from {batch} where _broken is null order by _key, _place, row_no
            ) as f on f._key = s._key and f._place = s._place
            where s._broken is null and s._content <> f.content"""
    history = f"ops.accepted_row_{contract.name}"
    return f"""
        with sound as (select * from {{batch}} where _broken is null),
        disputed as (select _key, _version from sound group by 1, 2 having count(*) > 1),
        opening as (
            select distinct on (s._key, s._version) s.*
            from sound as s join disputed using (_key, _version) order by s._key, s._version, s._place, s.row_no
        ),
        standing as (
            select o._key, o._version, o._content from opening as o
            where not exists (
                select from sound as s where s._key = o._key
                and s._version > o._version and s._place <= o._place)
            and not exists (select from {history} as h where h.key = o._key and h.version >= o._version)
        )
        select s.delivery_id, s.row_no
        from sound as s join standing as t using (_key, _version) where s._content <> t._content
        union all
        select s.delivery_id, s.row_no
        from sound as s
        cross join lateral (
            select h.content from {history} as h where h.key = s._key and h.version = s._version limit 1
        ) as h
        where h.content <> s._content"""
