"""Locks of the warehouse that keep two runs of the same work apart, whatever scheduler started them.

A lock is held by the very connection that writes: when the server ends that connection, lock and open transaction are
lost together, so nobody writes without the lock. Two waiting callers get it one after the other.
"""

from __future__ import annotations

from typing import Any

INTAKE = 7_411_005
"""One pull or landing of a dataset at a time."""
BUILD = 7_411_003
"""Held by whoever builds a stage, marks or closes deliveries, or copies figures into a release; shared by reviewers."""


def lock_intake(cursor: Any, dataset: str) -> None:
    """Wait for the intake of a dataset and hold it as long as the connection of `cursor` (psycopg or ADBC) lives."""
    # names of datasets come from contracts, which allow identifiers only
    cursor.execute(f"select pg_advisory_lock({INTAKE}, hashtext('{dataset}'))")
