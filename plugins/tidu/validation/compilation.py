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
    """Return the rows in conflict, told by joins over the rows that share key and version or delivery.

    Deliberately another way than settlement's windows: the two are held against each other.
    """
    return {"versioned": _conflicts_of_version, "current": _conflicts_with_change, "snapshot": _conflicts_of_snapshot}[
        manner(contract)
    ](contract)


def _conflicts_of_snapshot(_contract: DatasetContract) -> str:
    return """
        with sound as (
            select delivery_id, row_no, _place, _key, _content from {batch} as b
            where _broken is null and (_key, _place) in (
                select _key, _place from {batch} as t where _broken is null group by 1, 2 having count(*) > 1)
        )
        select s.delivery_id, s.row_no
        from sound as s
        join (
            select distinct on (_key, _place) _key, _place, _content as content
            from sound order by _key, _place, row_no
        ) as f on f._key = s._key and f._place = s._place
        where s._content <> f.content"""


def _conflicts_with_change(contract: DatasetContract) -> str:
    """Walk, delivery by delivery, the keys that come twice in one; `before` is their content before a delivery."""
    return f"""
        with recursive sound as (
            select * from {{batch}} as b where _broken is null and _key in (
                select _key from {{batch}} as t where _broken is null group by _key, _place having count(*) > 1)
        ),
        opening as (
            select _key, _place, delivered_on, delivery_id, _content, min(row_no) as row_no
            from sound group by 1, 2, 3, 4, 5
        ),
        history as (
            select distinct on (h.key) h.key, h.content, d.delivered_on, h.delivery_id
            from ops.accepted_row_{contract.name} as h join ops.delivery as d using (delivery_id)
            where h.key in (select _key from sound) order by h.key, d.delivered_on desc, h.delivery_id desc
        ),
        step as (
            select o._key, o._place, o.contents, h.content as known,
                row_number() over (partition by o._key order by o._place) as step,
                coalesce((h.delivered_on, h.delivery_id) > (o.delivered_on, o.delivery_id), false) as late
            from (
                select _key, _place, delivered_on, delivery_id, array_agg(_content order by row_no) as contents
                from opening group by 1, 2, 3, 4
            ) as o
            left join history as h on h.key = o._key
        ),
        walk as (
            select _key, _place, step, contents, late, known as before from step where step = 1
            union all
            select n._key, n._place, n.step, n.contents, n.late,
                case when w.late then w.before
                    when w.contents[1] is distinct from w.before then w.contents[1]
                    else coalesce(w.contents[2], w.before) end
            from walk as w join step as n on n._key = w._key and n.step = w.step + 1
        )
        select s.delivery_id, s.row_no
        from walk as w
        join opening as t on t._key = w._key and t._place = w._place
            and t._content = w.contents[case when w.contents[1] is distinct from w.before then 1 else 2 end]
        join sound as s on s._key = w._key and s._place = w._place
        where s.row_no > t.row_no and s._content <> t._content"""


def _conflicts_of_version(contract: DatasetContract) -> str:
    """Look closer only at keys that come twice with one version, and at history only where there is some."""
    history = f"ops.accepted_row_{contract.name}"
    return f"""
        with disputed as (
            select _key, _version from {{batch}} as b where _broken is null group by 1, 2 having count(*) > 1
        ),
        sound as (
            select delivery_id, row_no, _place, _key, _version, _content from {{batch}} as b
            where _broken is null and _key in (select _key from disputed)
        ),
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
        from {{batch}} as s
        cross join lateral (
            select h.content from {history} as h where h.key = s._key and h.version = s._version limit 1
        ) as h
        where exists (select from {history}) and s._broken is null and h.content <> s._content"""
