"""The transaction in which decisions are made: datasets locked in a fixed order, rows looked at under the lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from tidu.errors import DecisionRefused
from tidu.ledger.database import connect
from tidu.ledger.quarantine import Held, held_rows
from tidu.validation.judgement import LOCK_SPACE


def signed(by: str, reason: str) -> tuple[str, str]:
    """Return who decides and why without white space around it. Raises DecisionRefused where either is missing."""
    by, reason = by.strip(), reason.strip()
    if not by or not reason:
        raise DecisionRefused("a decision needs a person (by) and a reason")
    return by, reason


@contextmanager
def moving(datasets: Iterable[str]) -> Iterator[psycopg.Connection]:
    """Yield a connection in a transaction that holds the settlement locks of the datasets.

    Validation and other decisions on them wait, and the locks are taken in order of name, so that none waits in a ring.
    Values are read in the one canonical form of dates and times.
    """
    with connect(autocommit=True) as connection:
        connection.execute("set datestyle = 'ISO'; set timezone = 'UTC'")
        with connection.transaction():
            for dataset in sorted(set(datasets)):
                connection.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, dataset])
            yield connection


@contextmanager
def reviewing(ids: Iterable[int], states: Sequence[str]) -> Iterator[tuple[psycopg.Connection, list[Held]]]:
    """Yield the transaction and the quarantined rows of these ids, in order.

    Raises DecisionRefused when there are none, or one does not exist, is in another state or its delivery withdrawn.
    """
    wanted = sorted(set(ids))
    if not wanted:
        raise DecisionRefused("no row is named")
    with connect(autocommit=True) as connection:
        datasets = {row.dataset for row in held_rows(connection, ids=wanted)}
    with moving(datasets) as connection:
        found = held_rows(connection, ids=wanted)
        missing = sorted(set(wanted) - {row.quarantine_id for row in found})
        if missing:
            raise DecisionRefused(f"no quarantined row {', '.join(map(str, missing[:20]))}")
        for row in found:
            if row.delivery_state != "accepted":
                raise DecisionRefused(
                    f"quarantine {row.quarantine_id}: its delivery {row.delivery_id} is {row.delivery_state}"
                )
            if row.state not in states:
                raise DecisionRefused(
                    f"quarantine {row.quarantine_id} is {row.state}; this is for rows in state {', '.join(states)}"
                )
        yield connection, found
