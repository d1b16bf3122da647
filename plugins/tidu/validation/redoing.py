"""Applying a recorded decision once more, as it was applied when it was made, without recording it again."""

from __future__ import annotations

import psycopg

from tidu.contracts import DatasetContract
from tidu.ledger.quarantine import held_rows
from tidu.validation.decisions import lay_over, resettled
from tidu.validation.deliveries import settle_without, take_out
from tidu.validation.happenings import Happening


def redo(connection: psycopg.Connection, contract: DatasetContract, step: Happening) -> None:
    """Apply one happening that is no pass, in the transaction of a rebuild; rows bear the time of the decision.

    A row that today's contract lets in by itself is not in quarantine and is passed over.
    """
    if step.kind == "withdraw":
        _withdraw(connection, contract.name, step)
    else:
        _decide(connection, contract, step)
    # within a transaction now() is one instant: what this step stamped, and nothing else
    connection.execute(
        "update ops.quarantine set decided_at = %s where dataset = %s and decided_at = now()", [step.at, contract.name]
    )


def _withdraw(connection: psycopg.Connection, dataset: str, step: Happening) -> None:
    settled = connection.execute(
        "select coalesce(array_agg(delivery_id order by delivery_id), '{}') from ops.delivery"
        " where delivery_id = any(%s) and state = 'accepted'",
        [step.ids],
    ).fetchone()
    take_out(connection, dataset, step.ids, step.by, step.reason)
    if settled and settled[0]:
        settle_without(connection, dataset, settled[0], step.by, step.reason)


def _decide(connection: psycopg.Connection, contract: DatasetContract, step: Happening) -> None:
    found = held_rows(connection, ids=step.ids)
    numbers = [row.quarantine_id for row in found]
    if not found:
        return
    if step.kind == "waive":
        for number in numbers:
            connection.execute(
                "update ops.quarantine set waived_rules = %s, waived_until = %s where quarantine_id = %s",
                [step.details[number]["rules"], step.expires_on, number],
            )
    elif step.kind == "repair":
        lay_over(connection, contract, {number: step.details[number]["corrections"] for number in numbers})
        connection.execute("update ops.quarantine set repaired = true where quarantine_id = any(%s)", [numbers])
    elif step.kind == "lapse":
        connection.execute(
            "update ops.quarantine set waived_rules = '{}', waived_until = null where quarantine_id = any(%s)",
            [numbers],
        )
    moved = resettled(connection, found, step.by, step.reason, discarded=step.kind == "discard", contract=contract)
    if step.kind in ("lapse", "replay"):
        # a row that stays as it was does not bear the name of who looked at it again
        before = {row.quarantine_id: (row.state, row.rules) for row in found}
        numbers = [m.quarantine_id for m in moved if (m.state, m.rules) != before[m.quarantine_id]]
    connection.execute(
        "update ops.quarantine set decided_by = %s, decided_at = now(), reason = %s where quarantine_id = any(%s)",
        [step.by, step.reason, numbers],
    )
