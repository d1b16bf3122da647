"""A snapshot that shrinks beyond its contract's limit waits for a person; the last good one stays."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import psycopg
import pytest

from tests.unit.validation.delivering import deliver, outcomes
from tidu.contracts import contract
from tidu.errors import DecisionRefused
from tidu.ledger.proof import prove
from tidu.validation import validate
from tidu.validation.deliveries import accept, withdraw

pytestmark = pytest.mark.postgres
SIGNED = {"by": "审核员", "reason": "the bank left the scheme"}


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def snapshot(connection: psycopg.Connection, delivered_on: str, rows: int, repeats: int | None = None) -> int:
    loans = [{"loan_no": f"L{n}", "borrower_name": "甲公司", "balance_wan": "1"} for n in range(rows)]
    return deliver(connection, "fn_loan", delivered_on, loans, repeats=repeats)


def state(connection: psycopg.Connection, delivery_id: int) -> tuple[str, str | None]:
    found = connection.execute(
        "select state, hold_reason from ops.delivery where delivery_id = %s", [delivery_id]
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def test_only_what_shrinks_beyond_the_limit_is_held(connection: psycopg.Connection) -> None:
    first = snapshot(connection, "2025-01-31", 60)
    half = snapshot(connection, "2025-02-28", 30)
    grown = snapshot(connection, "2025-03-31", 60)
    fewer = snapshot(connection, "2025-04-30", 29)
    empty = snapshot(connection, "2025-05-31", 0)
    whole = snapshot(connection, "2025-06-30", 58)
    outcome = validate("fn_loan", "run", suite=False)
    assert (outcome.settled, outcome.held) == ([first, half, grown, whole], [fewer, empty])
    reason = f"29 rows where the snapshot before (delivery {grown}) had 60; more than 50% are gone"
    assert state(connection, fewer) == ("validated", reason)
    assert state(connection, empty)[0] == "validated"
    assert outcomes(connection, fewer) == []
    judged = connection.execute("select delivery_id, success from ops.validation_run order by delivery_id").fetchall()
    assert (fewer, True) in judged
    again = validate("fn_loan", "run", suite=False)
    assert (again.settled, again.held) == ([], [])
    assert prove() == []


def test_one_by_one_the_same_are_held(connection: psycopg.Connection) -> None:
    held = {}
    for month, rows in enumerate((60, 30, 60, 29, 0, 58), start=1):
        delivery_id = snapshot(connection, f"2025-0{month}-28", rows)
        held[rows] = validate("fn_loan", "run", suite=False).held == [delivery_id]
    assert held == {60: False, 30: False, 29: True, 0: True, 58: False}


def test_small_snapshots_and_other_limits(connection: psycopg.Connection) -> None:
    snapshot(connection, "2025-01-31", 49)
    snapshot(connection, "2025-02-28", 1)
    assert validate("fn_loan", "run", suite=False).held == []
    snapshot(connection, "2025-03-31", 100)
    snapshot(connection, "2025-04-30", 89)
    strict = dataclasses.replace(contract("fn_loan"), shrink_limit=0.1)
    assert len(validate("fn_loan", "run", strict, suite=False).held) == 1


def test_a_held_snapshot_is_accepted_with_its_copies_by_a_decision(connection: psycopg.Connection) -> None:
    first = snapshot(connection, "2025-01-31", 60)
    validate("fn_loan", "run", suite=False)
    fewer = snapshot(connection, "2025-02-28", 5)
    copy = snapshot(connection, "2025-02-28", 5, repeats=fewer)
    assert validate("fn_loan", "run", suite=False).held == [fewer, copy]
    late_copy = snapshot(connection, "2025-02-28", 5, repeats=fewer)
    assert validate("fn_loan", "run", suite=False).held == [late_copy]
    for number, message in ((first, "is not held"), (copy, f"repeats delivery {fewer}; decide about that one")):
        with pytest.raises(DecisionRefused, match=message):
            accept(number, **SIGNED)
    outcome = accept(fewer, **SIGNED)
    assert (outcome.settled, outcome.rows_accepted, outcome.rows_duplicate) == ([fewer, copy, late_copy], 5, 10)
    decided = connection.execute("select kind, subject, decided_by, state from ops.decision").fetchall()
    assert decided == [("exception", f"delivery:{fewer}", "审核员", "active")]
    assert state(connection, fewer) == ("accepted", None)
    smaller = snapshot(connection, "2025-03-31", 1)
    assert validate("fn_loan", "run", suite=False).settled == [smaller], "measured by the one accepted last"
    assert prove() == []


def test_a_held_snapshot_can_be_withdrawn(connection: psycopg.Connection) -> None:
    snapshot(connection, "2025-01-31", 60)
    fewer = snapshot(connection, "2025-02-28", 5)
    validate("fn_loan", "run", suite=False)
    assert withdraw(fewer, **SIGNED) == [fewer]
    assert state(connection, fewer) == ("rejected", None)
    with pytest.raises(DecisionRefused, match="is not held"):
        accept(fewer, **SIGNED)
    assert prove() == []
