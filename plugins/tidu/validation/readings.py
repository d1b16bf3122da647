"""The readings table: every row of the pending deliveries, each value read exactly once.

Both judges work on it: the SQL predicates (column `_broken`) and Great Expectations, whose own
connection must see it; hence an unlogged table, not a temporary one. It holds pending rows only and
is dropped when they are settled, so its cost never depends on history.

Columns: delivery_id, row_no, delivered_on; every contract field under its name (text cleaned, other
types as read); `<field>__unread`, the text that could not be read; `<field>__text` of required
non-text fields; `<field>__valid` of checked codes; and, with an underscore, what settlement needs.
"""

# ruff: noqa: S608 - SQL is composed from contract names only; values are quoted by predicates.literal

from __future__ import annotations

from tidu.contracts import DatasetContract, Field
from tidu.contracts.derive.row_hash import row_hash_sql
from tidu.validation.predicates import Terms, check, condition, literal, quoted, read, row_rules, swallowed

TEXT_TYPES = ("string", "code", "flag")
SEPARATOR = "E'\\x1f'"


def table(contract: DatasetContract) -> str:
    """Return the qualified name of the dataset's readings table."""
    return f"reading.{contract.name}"


def readings_sql(contract: DatasetContract) -> str:
    """Return SQL that fills the readings table from the raw rows of pg_temp.pending_delivery.

    Grain: one row per pending row of deliveries that repeat no earlier one.
    """
    query = reading_query(contract, f"raw.{contract.name}", row_hash_sql(contract))
    return f"drop table if exists {table(contract)};\ncreate unlogged table {table(contract)} as {query}"


def reading_query(contract: DatasetContract, rows: str, row_hash: str) -> str:
    """Return the query that reads `rows`, a relation like raw.<dataset>; `row_hash` is SQL over its row `r`.

    Each level of the query is fenced with `offset 0`, otherwise the planner pulls the levels together and
    reads values twice.
    """
    cleaned = ", ".join(f"ops.clean(r.{quoted(f.name)}) as {quoted(f.name)}" for f in contract.fields)
    read_once = ", ".join(column for f in contract.fields for column in _read_columns(contract, f))
    kept = ", ".join(column for f in contract.fields for column in _kept_columns(f))
    return f"""
select delivery_id, row_no, _place, _hash, delivered_on, delivered_year, delivery_ends, _misaligned, {kept},
    {_key(contract)} as _key, {_version(contract)} as _version, {_content(contract)} as _content,
    {_broken(contract)} as _broken
from (
    select delivery_id, row_no, _place, _hash, delivered_on, delivered_year, delivery_ends, _misaligned, {read_once}
    from (
        select r.delivery_id, r.row_no, p.place as _place, {row_hash} as _hash, p.delivered_on, p.delivered_year,
            p.delivery_ends,
            case when r._extra ? '__surplus__' then 'surplus' when r._extra ? '__missing__' then 'missing'
                when {swallowed(contract)} then 'swallowed' end as _misaligned,
            {cleaned}
        from {rows} as r
        join pg_temp.pending_delivery as p using (delivery_id)
        where not p.repeats
        offset 0
    ) as c
    offset 0
) as t
"""


def _read_columns(contract: DatasetContract, field: Field) -> list[str]:
    """Return what the middle level computes for a field: its reading, its text, the check of its code."""
    name = quoted(field.name)
    if field.type not in TEXT_TYPES:
        return [f"{read(contract, field, name)} as {name}", f"{name} as {suffixed(field, 'text')}"]
    checks = [kind for kind in ("uscc", "reg_no") if kind in field.declared_rules]
    return [name, *(f"{check(kind, name)} as {suffixed(field, 'valid')}" for kind in checks)]


def _kept_columns(field: Field) -> list[str]:
    """Return the columns of one field in the readings table."""
    name = quoted(field.name)
    if field.type in TEXT_TYPES:
        return [name, *(suffixed(field, "valid") for kind in ("uscc", "reg_no") if kind in field.declared_rules)]
    text = suffixed(field, "text")
    found = [name, f"case when {name} is null then {text} end as {suffixed(field, 'unread')}"]
    return [*found, text] if field.required else found


def suffixed(field: Field, suffix: str) -> str:
    """Return the quoted name of a companion column of a field."""
    return quoted(f"{field.name}__{suffix}")


def terms() -> Terms:
    """Return the terms of the middle level's rows; columns are unqualified."""

    def text(field: Field) -> str:
        return quoted(field.name) if field.type in TEXT_TYPES else suffixed(field, "text")

    def unread(field: Field) -> str:
        return f"({quoted(field.name)} is null and {suffixed(field, 'text')} is not null)"

    def reading(field: Field) -> str:
        return quoted(field.name)

    def checked(field: Field, _kind: str) -> str:
        return suffixed(field, "valid")

    def is_late(field: Field) -> str:
        if field.type == "timestamp":
            return f"{quoted(field.name)} >= delivery_ends"
        return f"{quoted(field.name)} > delivered_on"

    return Terms(text, reading, unread, checked, is_late, "delivered_year", "(_misaligned is not null)")


def _broken(contract: DatasetContract) -> str:
    """Return SQL for the sorted-by-contract array of broken rule ids, null for a sound row."""
    found = {rule.rule_id: condition(contract, rule, terms()) for rule in row_rules(contract)}
    ids = ", ".join(f"case when {sql} then {literal(rule_id)} end" for rule_id, sql in found.items())
    return f"case when {' or '.join(found.values())} then array_remove(array[{ids}], null) end"


def _key(contract: DatasetContract) -> str:
    return " || '|' || ".join(_canonical(contract.field(name)) for name in contract.identity_key)


def _version(contract: DatasetContract) -> str:
    match contract.version_field:
        case None:
            return "0::bigint"
        case "version":
            return '"version"'
        case name:
            return f"(extract(epoch from {quoted(name)}) * 1000000)::bigint"


def _content(contract: DatasetContract) -> str:
    parts = ", ".join(f"coalesce({_canonical(f)}, '')" for f in contract.fields)
    return f"md5(concat_ws({SEPARATOR}, {parts}))::uuid"


def _canonical(field: Field) -> str:
    """Return SQL for one text per value, however it was written; needs DateStyle ISO and time zone UTC."""
    name = quoted(field.name)
    match field.type:
        case "string" | "code" | "flag":
            return name
        case "decimal":
            return f"trim_scale({name})::text"
        case _:
            return f"{name}::text"
