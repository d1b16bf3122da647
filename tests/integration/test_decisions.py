"""Decisions about quarantined rows: what each changes, what it leaves alone, what it refuses."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.integration.settlement_scenarios import arrears, change, loan, taxpayer, vat
from tests.unit.validation.delivering import deliver
from tidu.contracts import contract
from tidu.errors import DecisionRefused
from tidu.ledger.proof import prove
from tidu.validation import decisions, validate
from tidu.validation.deliveries import withdraw
from tidu.validation.judgement import LOCK_SPACE

pytestmark = pytest.mark.postgres
SIGNED = {"by": "审核员", "reason": "checked with the department"}
RECORDS = (
    "ops.accepted_row", "ops.row_set_aside", "ops.row_ledger", "ops.quarantine", "ops.decision", "ops.delivery",
    "raw.fn_loan_repair", "raw.mi_arrears_repair",
)  # fmt: skip


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def settle(connection: psycopg.Connection, dataset: str, delivered_on: str, *rows: dict[str, Any]) -> int:
    delivery_id = deliver(connection, dataset, delivered_on, rows)
    validate(dataset, "run", suite=False)
    return delivery_id


def held(connection: psycopg.Connection) -> list[int]:
    return [n for (n,) in connection.execute("select quarantine_id from ops.quarantine order by 1")]


def ledger(connection: psycopg.Connection, delivery_id: int) -> tuple[int, ...]:
    """Delivered, accepted, quarantined, duplicate, superseded."""
    found = connection.execute(
        "select rows_delivered, rows_accepted, rows_quarantined, rows_duplicate, rows_superseded from ops.row_ledger"
        " where delivery_id = %s",
        [delivery_id],
    ).fetchone()
    assert found is not None
    return tuple(found)


def states(connection: psycopg.Connection) -> list[tuple[str, list[str]]]:
    return connection.execute("select state, rules from ops.quarantine order by quarantine_id").fetchall()


def contents(connection: psycopg.Connection) -> list[list[tuple[Any, ...]]]:
    return [connection.execute(f"select * from {table} order by 1, 2, 3".encode()).fetchall() for table in RECORDS]


def refused(connection: psycopg.Connection, decide: Callable[[], object], message: str) -> None:
    """The decision is refused with this text, and nothing has changed."""
    before = contents(connection)
    with pytest.raises(DecisionRefused, match=message):
        decide()
    assert contents(connection) == before


def test_a_waiver_lets_a_row_in_until_it_expires(connection: psycopg.Connection) -> None:
    delivery = settle(connection, "mi_arrears", "2025-03-01", arrears("1"), arrears("-5") | {"complaint_no": "C2"})
    (number,) = held(connection)
    assert ledger(connection, delivery) == (2, 1, 1, 0, 0)
    (moved,) = decisions.waive([number], expires_on=dt.date(2025, 6, 30), **SIGNED)
    assert (moved.state, moved.outcome, moved.rules) == ("waived", "accepted", ["amount_wan:minimum"])
    assert ledger(connection, delivery) == (2, 2, 0, 0, 0)
    decided = connection.execute(
        "select kind, subject, decided_by, reason, expires_on, state, length(evidence_sha256), detail->'rules'"
        " from ops.decision"
    ).fetchall()
    said = (SIGNED["by"], SIGNED["reason"], dt.date(2025, 6, 30))
    assert decided == [("waiver", f"quarantine:{number}", *said, "active", 64, ["amount_wan:minimum"])]

    assert decisions.replay(as_of=dt.date(2025, 6, 30), **SIGNED) == []
    (moved,) = decisions.replay(["mi_arrears"], as_of=dt.date(2025, 7, 1), **SIGNED)
    assert (moved.state, moved.outcome) == ("open", "quarantined")
    assert ledger(connection, delivery) == (2, 1, 1, 0, 0)
    assert connection.execute("select state from ops.decision").fetchall() == [("stale",)]
    assert decisions.replay(as_of=dt.date(2025, 7, 1), **SIGNED) == []
    decisions.waive([number], **SIGNED)
    assert ledger(connection, delivery) == (2, 2, 0, 0, 0)
    assert prove() == []


def test_waivers_end_before_a_build_also_where_the_row_was_held_for_another_reason(
    connection: psycopg.Connection,
) -> None:
    """A waived row that contradicts an accepted one goes on breaking its rule when the other row is gone."""
    first = settle(connection, "ms_change_event", "2025-03-01", change("甲"))
    late = change("乙") | {"changed_on": "2025-12-01"}
    second = settle(connection, "ms_change_event", "2025-03-02", late)
    (number,) = held(connection)
    (moved,) = decisions.waive([number], expires_on=dt.date(2025, 6, 30), **SIGNED)
    assert (moved.state, moved.rules) == ("open", ["row:conflict"])
    assert decisions.lapse_waivers(dt.date(2025, 6, 30)) == []
    (moved,) = decisions.lapse_waivers(dt.date(2025, 7, 1))
    assert (moved.state, moved.rules) == ("open", ["changed_on:not_after_delivery"])
    assert decisions.lapse_waivers(dt.date(2025, 7, 1)) == []
    withdraw(first, **SIGNED)
    assert ledger(connection, second) == (1, 0, 1, 0, 0)
    ended = connection.execute("select decided_by, reason from ops.quarantine").fetchall()
    assert ended == [("tidu", "the waiver ended before 2025-07-01")]
    assert prove() == []


def test_what_cannot_be_waived_is_refused_by_reason(connection: psycopg.Connection) -> None:
    rows = [
        loan("1") | {"loan_no": None},
        loan("壹") | {"loan_no": "A"},
        loan("-1") | {"loan_no": "B", "is_first_loan": "Y"},
        loan("1") | {"loan_no": "C", "_extra": {"__surplus__": ["x"]}},
        loan("1") | {"loan_no": "D"},
        loan("2") | {"loan_no": "D"},
    ]
    settle(connection, "fn_loan", "2025-03-01", *rows)
    settle(connection, "tx_vat_return", "2025-03-01", vat("x"))
    empty, unread, flag, misplaced, conflict, version = held(connection)

    def waive(number: int, *rules: str) -> Callable[[], object]:
        return lambda: decisions.waive([number], rules=rules or None, **SIGNED)

    refused(connection, waive(empty), "loan_no:required cannot be waived: the field must not be empty; repair or")
    refused(connection, waive(misplaced), "row:column_count cannot be waived: values stand in the wrong columns")
    refused(connection, waive(conflict), "row:conflict cannot be waived: an accepted row says otherwise")
    refused(connection, waive(version), "version:type cannot be waived: a required field or a key")
    refused(connection, waive(flag), "is_first_loan:values cannot be waived: a flag is 是 or 否")
    refused(connection, waive(flag, "balance_wan:minimum"), f"nothing was changed.*quarantine {flag} breaks")
    refused(connection, waive(flag, "bank:uscc"), "has no such rule any more; replay")
    (moved,) = decisions.waive([unread], **SIGNED)
    assert (moved.state, moved.outcome) == ("waived", "accepted")
    refused(connection, lambda: decisions.waive([unread, 999], **SIGNED), "no quarantined row 999")
    refused(connection, lambda: decisions.waive([], **SIGNED), "no row is named")
    refused(connection, lambda: decisions.waive([empty], by=" ", reason="x"), "needs a person")
    refused(connection, lambda: decisions.discard([empty], by="x", reason=""), "and a reason")


def test_a_repair_is_judged_by_the_same_rules_and_keeps_the_original(connection: psycopg.Connection) -> None:
    bad = arrears("-5") | {"complaint_no": "C2", "_extra": {"备注": "x", "__missing__": 1}}
    delivery = settle(connection, "mi_arrears", "2025-03-01", arrears("1"), bad)
    other = settle(connection, "fn_loan", "2025-03-01", loan("1") | {"borrower_name": "无"})
    number, named = held(connection)
    payload = connection.execute("select payload from ops.quarantine order by quarantine_id").fetchall()
    raw = connection.execute("select * from raw.mi_arrears order by 1, 2").fetchall()

    refused(
        connection, lambda: decisions.repair({number: {"amount": "5"}}, **SIGNED), "no field amount; mi_arrears has"
    )
    refused(connection, lambda: decisions.repair({number: {}}, **SIGNED), "nothing is corrected")
    refused(
        connection,
        lambda: decisions.repair({number: {"amount_wan": "五"}, named: {"borrower_name": "甲公司"}}, **SIGNED),
        f"nothing was changed.*quarantine {number} breaks amount_wan:type",
    )
    moved = decisions.repair({number: {"amount_wan": "5"}, named: {"借款人": "甲公司"}}, **SIGNED)
    assert [(m.quarantine_id, m.state, m.outcome) for m in moved] == [
        (number, "repaired", "accepted"), (named, "repaired", "accepted"),
    ]  # fmt: skip
    assert (ledger(connection, delivery), ledger(connection, other)) == ((2, 2, 0, 0, 0), (1, 1, 0, 0, 0))
    assert connection.execute("select payload from ops.quarantine order by quarantine_id").fetchall() == payload
    assert connection.execute("select * from raw.mi_arrears order by 1, 2").fetchall() == raw
    repaired = connection.execute("select complaint_no, amount_wan, filed_on, _extra from raw.mi_arrears_repair")
    assert repaired.fetchall() == [("C2", "5", "2025-01-01", {"备注": "x"})]
    kinds = connection.execute("select kind, state, detail->'corrections' from ops.decision order by 1, decision_id")
    assert kinds.fetchall() == [
        ("override", "active", {"amount_wan": "5"}), ("override", "active", {"borrower_name": "甲公司"}),
    ]  # fmt: skip

    decisions.repair({number: {"paid_wan": ""}}, **SIGNED)
    assert connection.execute("select amount_wan, paid_wan from raw.mi_arrears_repair").fetchall() == [("5", None)]
    assert connection.execute("select state from ops.decision order by decision_id").fetchall() == [
        ("stale",), ("active",), ("active",),
    ]  # fmt: skip
    assert prove() == []


def test_a_repaired_row_takes_its_place_among_the_rows_of_its_key(connection: psycopg.Connection) -> None:
    """The corrected higher version takes over; what was accepted in its absence moves behind it."""
    first = settle(connection, "tx_vat_return", "2025-03-01", vat("2"), vat("x", "7"), vat("1"))
    second = settle(connection, "tx_vat_return", "2025-03-02", vat("2"), vat("3", "9"))
    (number,) = held(connection)
    assert (ledger(connection, first), ledger(connection, second)) == ((3, 1, 1, 0, 1), (2, 1, 0, 1, 0))
    (moved,) = decisions.repair({number: {"version": "3"}}, **SIGNED)
    assert (moved.state, moved.outcome) == ("repaired", "accepted")
    assert (ledger(connection, first), ledger(connection, second)) == ((3, 1, 0, 0, 2), (2, 0, 1, 0, 1))
    assert states(connection) == [("repaired", ["version:type"]), ("open", ["row:conflict"])]
    followed = connection.execute("select decided_by, reason from ops.quarantine where state = 'open'").fetchone()
    assert followed == (SIGNED["by"], f"follows from: {SIGNED['reason']}")
    assert prove() == []

    decisions.discard([number], **SIGNED)
    assert (ledger(connection, first), ledger(connection, second)) == ((3, 1, 1, 0, 1), (2, 1, 0, 1, 0))
    assert [state for state, _ in states(connection)] == ["discarded", "released"]
    refused(connection, lambda: decisions.discard([number], **SIGNED), "is discarded; this is for rows in state open")
    assert prove() == []


def test_a_repair_may_turn_out_a_duplicate_or_a_conflict(connection: psycopg.Connection) -> None:
    delivery = settle(connection, "fn_loan", "2025-03-01", loan("1"), loan("-1"), loan("-2"))
    same, other = held(connection)
    moved = decisions.repair({same: {"balance_wan": "1.0"}, other: {"balance_wan": "2"}}, **SIGNED)
    assert [(m.state, m.outcome) for m in moved] == [("repaired", "duplicate"), ("open", "quarantined")]
    assert ledger(connection, delivery) == (3, 1, 1, 1, 0)
    assert states(connection)[1] == ("open", ["row:conflict"])
    decisions.repair({other: {"balance_wan": "1"}}, **SIGNED)
    assert ledger(connection, delivery) == (3, 1, 0, 2, 0)
    assert prove() == []


def test_a_changed_rule_is_replayed_over_what_is_held_and_over_nothing_else(connection: psycopg.Connection) -> None:
    delivery = settle(connection, "mi_arrears", "2025-03-01", arrears("-1"), arrears("0") | {"complaint_no": "测试1"})
    promised = contract("mi_arrears")

    def changed(**minimum: int | None) -> Any:
        fields = tuple(
            dataclasses.replace(f, minimum=minimum[f.name]) if f.name in minimum else f for f in promised.fields
        )
        return dataclasses.replace(promised, fields=fields, version="2.0.0")

    assert decisions.replay(**SIGNED) == []
    (moved,) = decisions.replay(contract=changed(amount_wan=None), **SIGNED)
    assert (moved.state, moved.outcome) == ("released", "accepted")
    assert decisions.replay(contract=changed(amount_wan=None), **SIGNED) == []
    assert ledger(connection, delivery) == (2, 2, 0, 0, 0)
    decided = connection.execute("select kind, detail->>'replay' from ops.decision").fetchall()
    assert decided == [("exception", "2.0.0")]
    settle(connection, "mi_arrears", "2025-03-02", arrears("-9") | {"complaint_no": "C7", "paid_wan": "-1"})
    assert decisions.replay(contract=changed(amount_wan=5), **SIGNED) == [], "stricter rules do not reach back"
    (moved,) = decisions.replay(contract=changed(amount_wan=None), **SIGNED)
    assert (moved.state, moved.rules) == ("open", ["paid_wan:minimum"])
    assert prove() == []


def test_a_withdrawn_delivery_is_as_if_it_had_never_come(connection: psycopg.Connection) -> None:
    first = settle(connection, "tx_taxpayer", "2025-03-01", taxpayer("2025-02-02T00:00:00"))
    rows = [taxpayer("2025-02-05T00:00:00"), taxpayer("x")]
    second = settle(connection, "tx_taxpayer", "2025-03-02", *rows)
    copy = deliver(connection, "tx_taxpayer", "2025-03-02", rows, repeats=second)
    third = settle(connection, "tx_taxpayer", "2025-03-03", taxpayer("2025-02-03T00:00:00"))
    last = settle(connection, "tx_taxpayer", "2025-03-04", taxpayer("2025-02-05T00:00:00", "乙路"))
    assert [ledger(connection, d) for d in (second, copy, third)] == [(2, 1, 1, 0, 0), (2, 0, 0, 2, 0), (1, 0, 0, 0, 1)]
    assert ledger(connection, last) == (1, 0, 1, 0, 0)

    assert withdraw(second, **SIGNED) == [second, copy]
    assert [ledger(connection, d) for d in (first, third, last)] == [(1, 1, 0, 0, 0)] * 3
    assert connection.execute("select delivery_id from ops.row_ledger order by 1").fetchall() == [
        (first,),
        (third,),
        (last,),
    ]
    assert [state for state, _ in states(connection)] == ["released", "released"]
    gone = connection.execute(
        "select state, reject_reason from ops.delivery where delivery_id = %s", [second]
    ).fetchone()
    assert gone is not None
    assert gone[0] == "rejected"
    assert "withdrawn by 审核员: checked with the department; ask " in gone[1]
    assert connection.execute("select count(*) from raw.tx_taxpayer where delivery_id = %s", [second]).fetchone() == (
        2,
    )
    restated = connection.execute("select delivery_id from ops.delivery where restated > 0 order by 1").fetchall()
    assert restated == [(second,), (copy,), (third,), (last,)]
    assert prove() == []
    for number in held(connection):
        refused(connection, lambda n=number: decisions.repair({n: {"taxpayer_name": "甲"}}, **SIGNED), "is")
    refused(connection, lambda: withdraw(second, **SIGNED), "rejected already")
    refused(connection, lambda: withdraw(999, **SIGNED), "no delivery 999")


def test_quarantine_notes_the_delivery_that_brought_the_key_well(connection: psycopg.Connection) -> None:
    settle(connection, "fn_loan", "2025-03-01", loan("-1"), loan("-1") | {"loan_no": "L9"})
    again = settle(connection, "fn_loan", "2025-03-31", loan("1"))
    settle(connection, "fn_loan", "2025-04-30", loan("1"))
    noted = connection.execute("select redelivered_by, state from ops.quarantine order by 1").fetchall()
    assert noted == [(again, "open"), (None, "open")]
    withdraw(again, **SIGNED)
    later = connection.execute("select max(delivery_id) from ops.delivery").fetchone()
    assert connection.execute("select redelivered_by from ops.quarantine order by 1 limit 1").fetchone() == later


def test_an_older_delivery_that_comes_late_leaves_newer_rows(connection: psycopg.Connection) -> None:
    settle(connection, "mi_arrears", "2025-03-05", arrears("5"))
    late = settle(connection, "mi_arrears", "2025-03-01", arrears("1"))
    after = settle(connection, "mi_arrears", "2025-03-06", arrears("5"))
    assert ledger(connection, late) == (1, 1, 0, 0, 0)
    assert ledger(connection, after) == (1, 0, 0, 1, 0), "the current row is still that of the newer date"
    settle(connection, "tx_taxpayer", "2025-03-05", taxpayer("2025-03-04T00:00:00"))
    late = settle(connection, "tx_taxpayer", "2025-03-01", taxpayer("2025-02-27T00:00:00"))
    assert ledger(connection, late) == (1, 0, 0, 0, 1)


def test_decisions_and_validation_wait_for_each_other(connection: psycopg.Connection, warehouse: str) -> None:
    settle(connection, "fn_loan", "2025-03-01", loan("-1"), loan("-2") | {"loan_no": "B"})
    first, second = held(connection)
    deliver(connection, "fn_loan", "2025-03-31", [loan("3")])
    failures: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    works: list[Callable[[], object]] = [
        lambda: decisions.repair({first: {"balance_wan": "1"}}, **SIGNED),
        lambda: decisions.waive([second], **SIGNED),
        lambda: validate("fn_loan", "run", suite=False),
    ]
    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    with psycopg.connect(warehouse) as blocker:
        blocker.execute("select pg_advisory_xact_lock(%s, hashtext('fn_loan'))", [LOCK_SPACE])
        for thread in threads:
            thread.start()
        waiting = 0
        while waiting < len(threads) and all(t.is_alive() for t in threads):
            row = connection.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            ).fetchone()
            waiting = row[0] if row else 0
        assert waiting == len(threads)
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert [state for state, _ in states(connection)] == ["repaired", "waived"]
    assert prove() == []


def test_a_decision_that_fails_midway_leaves_nothing(connection: psycopg.Connection) -> None:
    settle(connection, "fn_loan", "2025-03-01", loan("-1"))
    (number,) = held(connection)
    connection.execute(
        "update ops.row_ledger set rows_quarantined = 0, rows_accepted = 1, keys_quarantined = 0,"
        " keys_accepted = keys_delivered"
    )
    before = contents(connection)
    with pytest.raises(psycopg.errors.CheckViolation):
        decisions.repair({number: {"balance_wan": "1"}}, **SIGNED)
    assert contents(connection) == before
