"""What the values of a delivery say about its contract: a column that changed its type, codes nobody listed.

Derived from what the pass has judged already: the verdicts, the readings of columns under suspicion, the quarantined
rows. The rows are quarantined in any case; here the delivery is spoken of, in ops.delivery.drift.
"""

# ruff: noqa: S608 - SQL is composed from contract names only; values are parameters

from __future__ import annotations

import psycopg

from tidu.contracts import DatasetContract, Field
from tidu.validation.predicates import literal, quoted
from tidu.validation.readings import suffixed, table

FEWEST_UNREAD = 3
"""Fewer unreadable values are slips, whatever their share."""
SUSPECT_UNREAD = 20
"""In a column that may be empty, so many unreadable values are worth counting the given ones."""
MOST_CODES = 20
"""Values listed per field, the most frequent ones."""


def note_drift(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Add type_changed and new_codes to the drift of the pending deliveries.

    Needs the readings table, pg_temp.verdict and, for codes, the quarantined rows of this pass. Cost: nothing for
    deliveries without failed type and value rules; else one scan of the columns under suspicion.
    """
    _note_types(connection, contract)
    _note_codes(connection, contract)


def _note_types(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Note {field, unread, given} where the share of given values that cannot be read exceeds the contract's."""
    suspects = connection.execute(
        """
        select array_agg(distinct v.delivery_id), array_agg(distinct v.column_name)
        from pg_temp.verdict as v
        where v.rule = v.column_name || ':type'
            and (v.failed_rows >= %s and v.failed_rows > %s * v.evaluated_rows
                or v.failed_rows >= %s and v.column_name = any(%s))
        """,
        [FEWEST_UNREAD, contract.type_share, SUSPECT_UNREAD, [f.name for f in contract.fields if not f.required]],
    ).fetchone()
    deliveries, names = suspects or (None, None)
    if not deliveries:
        return
    fields = [f for f in contract.fields if f.name in names]
    connection.execute(
        f"""
        update ops.delivery as d set drift = d.drift || jsonb_build_object('type_changed', n.noted)
        from (
            select c.delivery_id, jsonb_agg(jsonb_build_object('field', f.field, 'unread', f.unread, 'given', f.given)
                order by f.place) as noted
            from (
                select delivery_id, {", ".join(_counts(f) for f in fields)}
                from {table(contract)} where delivery_id = any(%(deliveries)s) group by delivery_id
            ) as c
            cross join lateral (values {", ".join(_counted(f, i) for i, f in enumerate(fields))})
                as f (place, field, unread, given)
            where f.unread >= %(fewest)s and f.unread > %(share)s * f.given
            group by c.delivery_id
        ) as n
        where n.delivery_id = d.delivery_id
        """.encode(),
        {"deliveries": deliveries, "fewest": FEWEST_UNREAD, "share": contract.type_share},
    )


def _counts(field: Field) -> str:
    unread = suffixed(field, "unread")
    name = quoted(field.name)
    return f"count({unread}) as {unread}, count({unread}) + count({name}) as {name}"


def _counted(field: Field, place: int) -> str:
    return f"({place}, {literal(field.name)}, c.{suffixed(field, 'unread')}, c.{quoted(field.name)})"


def _note_codes(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Note {field: {value: rows}} of values outside the code lists, in rows that broke no other kind of rule.

    A row that is wrong in other ways too, such as one whose values are shifted, brings no new code.
    """
    rules = [rule.rule_id for rule in contract.rules if rule.kind == "values"]
    connection.execute(
        """
        update ops.delivery as d set drift = d.drift || jsonb_build_object('new_codes', n.noted)
        from (
            select f.delivery_id, jsonb_object_agg(f.field, f.codes order by f.field) as noted
            from (
                select c.delivery_id, c.field, jsonb_object_agg(c.value, c.n order by c.value) as codes
                from (
                    select v.*,
                        row_number() over (partition by v.delivery_id, v.field order by v.n desc, v.value) as nth
                    from (
                        select q.delivery_id, split_part(r.rule, ':', 1) as field, count(*) as n,
                            left(ops.clean(q.payload ->> split_part(r.rule, ':', 1)), 80) as value
                        from pg_temp.pending_delivery as p
                        join ops.quarantine as q using (delivery_id)
                        cross join unnest(q.rules) as r (rule)
                        where q.rules <@ %s::text[] group by 1, 2, 4
                    ) as v
                ) as c
                where c.nth <= %s group by c.delivery_id, c.field
            ) as f
            group by f.delivery_id
        ) as n
        where n.delivery_id = d.delivery_id
            and exists (select from pg_temp.verdict as x where x.rule = any(%s) and x.failed_rows > 0)
        """,
        [rules, MOST_CODES, rules],
    )
