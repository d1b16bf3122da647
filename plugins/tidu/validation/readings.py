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
from tidu.validation.predicates import Terms, check, condition, literal, quoted, read, row_rules

TEXT_TYPES = ("string", "code", "flag")
SEPARATOR = "E'\\x1f'"


def table(contract: DatasetContract) -> str:
    """Return the qualified name of the dataset's readings table."""
    return f"ops.reading_{contract.name}"


def readings_sql(contract: DatasetContract) -> str:
    """Return SQL that fills the readings table from the raw rows of pg_temp.pending_delivery.

    Grain: one row per pending row of deliveries that repeat no earlier one. Each level of the query
    is fenced with `offset 0`, otherwise the planner pulls the levels together and reads values twice.
    """
    names = [quoted(f.name) for f in contract.fields]
    cleaned = ", ".join(f"ops.clean(r.{n}) as {n}" for n in names)
    derived = ", ".join(column for f in contract.fields for column in _columns(contract, f))
    broken = _broken(contract)
    return f"""
drop table if exists {table(contract)};
create unlogged table {table(contract)} as
select t.*, {_key(contract)} as _key, {_version(contract)} as _version, {_content(contract)} as _content,
    {broken} as _broken
from (
    select delivery_id, row_no, _place, delivered_on, extract(year from delivered_on)::integer as delivered_year,
        (delivered_on + 1)::timestamp at time zone 'Asia/Shanghai' as delivery_ends, _misaligned, {derived}
    from (
        select r.delivery_id, r.row_no, p.place as _place, p.delivered_on,
            case when r._extra ? '__surplus__' then 'surplus' when r._extra ? '__missing__' then 'missing' end
                as _misaligned,
            {cleaned}
        from raw.{contract.name} as r
        join pg_temp.pending_delivery as p using (delivery_id)
        where not p.repeats
        offset 0
    ) as c
    offset 0
) as t
"""


def _columns(contract: DatasetContract, field: Field) -> list[str]:
    """Return the columns one field gets in the readings table."""
    name = quoted(field.name)
    if field.type in TEXT_TYPES:
        found = [name]
    else:
        reading = read(contract, field, name)
        found = [f"{reading} as {name}", f"case when {reading} is null then {name} end as {suffixed(field, 'unread')}"]
        if field.required:
            found.append(f"{name} as {suffixed(field, 'text')}")
    for kind in ("uscc", "reg_no"):
        if kind in field.declared_rules:
            found.append(f"{check(kind, name)} as {suffixed(field, 'valid')}")
    return found


def suffixed(field: Field, suffix: str) -> str:
    """Return the quoted name of a companion column of a field."""
    return quoted(f"{field.name}__{suffix}")


def terms() -> Terms:
    """Return the terms of a row of the readings table; columns are unqualified."""

    def text(field: Field) -> str:
        return quoted(field.name) if field.type in TEXT_TYPES else suffixed(field, "text")

    def unread(field: Field) -> str:
        return f"({suffixed(field, 'unread')} is not null)"

    def reading(field: Field) -> str:
        return quoted(field.name)

    def checked(field: Field, _kind: str) -> str:
        return suffixed(field, "valid")

    return Terms(text, reading, unread, checked, "delivered_on", "(_misaligned is not null)")


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
    """Return SQL for one text per value, however it was written; independent of session settings."""
    name = quoted(field.name)
    match field.type:
        case "string" | "code" | "flag":
            return name
        case "decimal":
            return f"trim_scale({name})::text"
        case "timestamp":
            return f"extract(epoch from {name})::text"
        case "date" | "month":
            return f"{name}::text"
        case _:
            return f"{name}::text"
