"""What people decide about whole deliveries: withdraw one, or accept a snapshot that is held because it shrank.

A withdrawn delivery is rejected after the fact: its ledger row goes, its rows get no outcome, and the keys they had are
settled anew as if it had never come. What it delivered stays in the landing store and in raw.
"""

from __future__ import annotations

import psycopg

from tidu.contracts import contract as contract_of
from tidu.errors import DecisionRefused
from tidu.ledger.database import connect
from tidu.ledger.decisions import record_delivery_decision
from tidu.ledger.roles import Role, acting_as
from tidu.validation.judgement import Outcome, validate
from tidu.validation.resettle import resettle
from tidu.validation.reviewing import moving, signed


@acting_as(Role.REVIEW)
def withdraw(delivery_id: int, *, by: str, reason: str) -> list[int]:
    """Take a delivery back, and with it whatever repeats it; return the ids withdrawn, in order.

    One transaction. Its open rows leave quarantine (state released), rows that stood behind its rows move up, and the
    next build takes all that out of the marts. The same bytes under the same name are not taken again.
    Raises DecisionRefused when there is no such delivery, or it is rejected already.
    """
    by, reason = signed(by, reason)
    dataset = _dataset(delivery_id)
    with moving([dataset]) as connection:
        found = connection.execute(
            "select delivery_id, state from ops.delivery where delivery_id = %(id)s or repeats_delivery_id = %(id)s"
            " and state <> 'rejected' order by delivery_id for update",
            {"id": delivery_id},
        ).fetchall()
        states = dict(found)
        if states[delivery_id] == "rejected":
            raise DecisionRefused(f"delivery {delivery_id} is rejected already")
        for each in states:
            record_delivery_decision(connection, each, by, reason, {"withdraw": True, "dataset": dataset})
        settled = [each for each, state in states.items() if state == "accepted"]
        take_out(connection, dataset, list(states), by, reason)
        if settled:
            settle_without(connection, dataset, settled, by, reason)
    return list(states)


def accept(delivery_id: int, *, by: str, reason: str) -> Outcome:
    """Take a held snapshot in as it is, with whatever repeats it, and settle it at once; return what that did.

    The decision and the delivery's state are one transaction; settling follows as a pass of its own and is what the
    next run of the pipeline does where it fails here. Raises DecisionRefused when the delivery is not held.
    """
    by, reason = signed(by, reason)
    dataset = _dataset(delivery_id)
    with acting_as(Role.REVIEW), moving([dataset]) as connection:
        held = connection.execute(
            "select repeats_delivery_id from ops.delivery where delivery_id = %s and state = 'validated'", [delivery_id]
        ).fetchone()
        if held is None:
            raise DecisionRefused(
                f"delivery {delivery_id} is not held; `tidu delivery list --held` shows those that are"
            )
        if held[0] is not None:
            raise DecisionRefused(f"delivery {delivery_id} repeats delivery {held[0]}; decide about that one")
        record_delivery_decision(connection, delivery_id, by, reason, {"accept": True, "dataset": dataset})
        connection.execute(
            "update ops.delivery set state = 'loaded', hold_reason = null"
            " where state = 'validated' and (delivery_id = %(id)s or repeats_delivery_id = %(id)s)",
            {"id": delivery_id},
        )
    return validate(dataset, f"decision:delivery:{delivery_id}")


@acting_as(Role.REVIEW)
def _dataset(delivery_id: int) -> str:
    with connect() as connection:
        row = connection.execute("select dataset from ops.delivery where delivery_id = %s", [delivery_id]).fetchone()
    if row is None:
        raise DecisionRefused(f"no delivery {delivery_id}")
    return str(row[0])


def take_out(connection: psycopg.Connection, dataset: str, ids: list[int], by: str, reason: str) -> None:
    """Reject the deliveries and free their rows: no ledger row, no open row in quarantine."""
    values = {"ids": ids, "by": by, "reason": reason, "dataset": dataset, "contact": contract_of(dataset).contact}
    connection.execute(
        "update ops.delivery set state = 'rejected', rows_delivered = null, hold_reason = null, reject_reason ="
        " format('%%s: %%s: withdrawn by %%s: %%s; ask %%s', dataset, source_uri, %(by)s::text, %(reason)s::text,"
        " %(contact)s::text) where delivery_id = any(%(ids)s)",
        values,
    )
    connection.execute("delete from ops.row_ledger where delivery_id = any(%(ids)s)", values)
    connection.execute(
        "update ops.quarantine set state = 'released', decided_by = %(by)s, decided_at = now(),"
        " reason = 'delivery withdrawn: ' || %(reason)s where delivery_id = any(%(ids)s) and state <> 'released'",
        values,
    )


def settle_without(connection: psycopg.Connection, dataset: str, ids: list[int], by: str, reason: str) -> None:
    """Settle the keys of deliveries that are gone anew, and forget which of their rows were set aside."""
    connection.execute(
        "drop table if exists pg_temp.moved_row, pg_temp.gone_delivery;"
        " create temporary table gone_delivery (delivery_id bigint primary key) on commit drop;"
        " create temporary table moved_row (quarantine_id bigint primary key, delivery_id bigint not null,"
        " row_no integer not null, discarded boolean not null) on commit drop"
    )
    connection.execute("insert into pg_temp.gone_delivery select unnest(%s::bigint[])", [ids])
    connection.execute("analyze pg_temp.gone_delivery")
    resettle(connection, contract_of(dataset), by, reason)
    connection.execute("delete from ops.row_set_aside where delivery_id = any(%s)", [ids])
