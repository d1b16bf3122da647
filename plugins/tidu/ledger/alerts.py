"""Alerts as rows: what was raised, about which run, when."""

from __future__ import annotations

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as


@acting_as(Role.RECORD)
def record(kind: str, subject: str, message: str) -> bool:
    """Enter an alert; return False when the same alert about the same subject is there already."""
    with connect(autocommit=True) as connection:
        cursor = connection.execute(
            "insert into ops.alert_event (kind, subject, message) values (%s, %s, %s) on conflict do nothing",
            [kind, subject, message],
        )
        return cursor.rowcount == 1
