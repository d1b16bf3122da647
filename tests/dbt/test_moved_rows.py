"""What reviewers decide reaches the typed records with the next build, and nothing else is built again."""

from __future__ import annotations

import psycopg
import pytest

from tests.unit.validation.delivering import deliver
from tidu.transform import begin_build, build, finish_build
from tidu.transform.runner import invoke
from tidu.validation import decisions, validate
from tidu.validation.deliveries import withdraw

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
VARIABLES = {"as_of": "2025-06-30", "series_start": "2025-01-01"}
SIGNED = {"by": "审核员", "reason": "checked"}


def loan(number: str, balance: str, borrower: str = "甲公司") -> dict[str, str | None]:
    return {"loan_no": number, "borrower_name": borrower, "balance_wan": balance}


def stage() -> list[int]:
    """Build the typed records; return the deliveries that were taken in."""
    taken = begin_build("run")
    build("stage", "run", VARIABLES)
    finish_build("run")
    return taken


def test_decisions_reach_the_typed_records_by_the_next_build(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:

        def loans(relation: str) -> list[tuple[object, ...]]:
            found = connection.execute(
                f"select delivery_id, loan_no, borrower_name, (balance_yuan / 10000)::int from {relation} order by 1, 2"
            )
            return found.fetchall()

        staged, current = "staging.stg_fn_loan", "intermediate.int_fn_loan__current"
        rows = [loan("A", "1"), loan("B", "-2"), loan("C", "3", "测试公司"), loan("D", "4")]
        first = deliver(connection, "fn_loan", "2025-01-31", rows)
        second = deliver(connection, "fn_loan", "2025-02-28", [loan("A", "5"), loan("D", "壹")])
        validate("fn_loan", "run", suite=False)
        assert stage() == [first, second]
        assert loans(staged) == [(first, "A", "甲公司", 1), (first, "D", "甲公司", 4), (second, "A", "甲公司", 5)]
        assert loans(current) == [(second, "A", "甲公司", 5)]
        assert stage() == []

        held = dict(
            connection.execute("select source_key || delivery_id, quarantine_id from ops.quarantine").fetchall()
        )
        negative, placeholder = held[f"B{first}"], held[f"C{first}"]
        decisions.repair({negative: {"balance_wan": "2"}}, **SIGNED)
        decisions.waive([placeholder], **SIGNED)
        assert stage() == [first]
        repaired = [
            (first, "A", "甲公司", 1),
            (first, "B", "甲公司", 2),
            (first, "C", "测试公司", 3),
            (first, "D", "甲公司", 4),
        ]
        assert loans(staged) == [*repaired, (second, "A", "甲公司", 5)]

        decisions.repair({negative: {"贷款余额": "20"}}, **SIGNED)
        decisions.discard([placeholder], **SIGNED)
        assert stage() == [first]
        standing = [(first, "A", "甲公司", 1), (first, "B", "甲公司", 20), (first, "D", "甲公司", 4)]
        assert loans(staged) == [*standing, (second, "A", "甲公司", 5)]

        assert withdraw(second, **SIGNED) == [second]
        assert stage() == [second]
        assert loans(staged) == loans(current) == standing

        last = deliver(connection, "fn_loan", "2025-03-31", [])
        validate("fn_loan", "run", suite=False)
        assert loans(current) == standing, "accepted, but not taken in by a build yet"
        assert stage() == [last]
        assert loans(staged) == standing
        assert loans(current) == [], "the newest snapshot holds no loan"
        kept = loans(staged)
        invoke(["build", "--full-refresh", "--select", "stg_fn_loan"], VARIABLES)
        assert loans(staged) == kept


def test_a_decision_during_a_build_waits_for_the_next_one(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        first = deliver(connection, "fn_loan", "2025-01-31", [loan("A", "1"), loan("B", "-2")])
        validate("fn_loan", "run", suite=False)
        assert begin_build("one") == [first]
        (number,) = connection.execute("select quarantine_id from ops.quarantine").fetchone() or (0,)
        decisions.repair({number: {"balance_wan": "2"}}, **SIGNED)
        assert finish_build("one") == 1
        assert begin_build("two") == [first]
        assert finish_build("two") == 1
        assert begin_build("three") == []
