"""Settlement and the records of it, sentence by sentence, on a real warehouse."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.integration.settlement_scenarios import SCENARIOS, arrears, change, loan, vat
from tests.unit.validation.delivering import deliver, outcomes
from tidu.contracts import contract
from tidu.validation import predicates, validate

pytestmark = pytest.mark.postgres


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def settle(
    connection: psycopg.Connection, dataset: str, *deliveries: tuple[str, list[dict[str, Any]]]
) -> list[list[str]]:
    """Deliver all at once, settle, return the outcomes of each delivery's rows."""
    ids = [deliver(connection, dataset, delivered_on, rows) for delivered_on, rows in deliveries]
    validate(dataset, "run", suite=False)
    return [outcomes(connection, delivery_id) for delivery_id in ids]


@pytest.mark.parametrize("sentence", SCENARIOS)
def test_settlement(connection: psycopg.Connection, sentence: str) -> None:
    dataset, deliveries, expected = SCENARIOS[sentence]
    dated = [(f"2025-03-{day:02d}", rows) for day, rows in enumerate(deliveries, 1)]
    assert settle(connection, dataset, *dated) == expected


@pytest.mark.parametrize("sentence", SCENARIOS)
def test_settlement_one_by_one(connection: psycopg.Connection, sentence: str) -> None:
    dataset, deliveries, expected = SCENARIOS[sentence]
    found = [settle(connection, dataset, (f"2025-03-{day:02d}", rows))[0] for day, rows in enumerate(deliveries, 1)]
    assert found == expected


def test_the_same_file_again_is_all_duplicates(connection: psycopg.Connection) -> None:
    rows = [vat(1), vat("x"), vat(1, "9")]
    first = deliver(connection, "tx_vat_return", "2025-03-01", rows)
    again = deliver(connection, "tx_vat_return", "2025-03-01", rows, repeats=first)
    validate("tx_vat_return", "run", suite=False)
    assert outcomes(connection, first) == ["accepted", "quarantined", "quarantined"]
    assert outcomes(connection, again) == ["duplicate"] * 3


def test_quarantine_holds_every_rule_and_every_field_as_delivered(connection: psycopg.Connection) -> None:
    row = {"complaint_no": " C9 ", "creditor_name": "测试\ufffd", "amount_wan": "-1", "filed_on": "2025-02-30"}
    delivery_id = deliver(connection, "mi_arrears", "2025-03-01", [row | {"_extra": {"备注": "x"}}])
    validate("mi_arrears", "run", suite=False)
    (found,) = connection.execute("select source_key, payload, rules, state, row_no from ops.quarantine").fetchall()
    source_key, payload, rules, state, row_no = found
    assert source_key == " C9 "
    assert payload == {f.name: row.get(f.name) for f in contract("mi_arrears").fields} | {"备注": "x"}
    assert rules == [
        "creditor_name:no_broken_text", "creditor_name:not_placeholder_name", "amount_wan:minimum", "filed_on:type",
    ]  # fmt: skip
    assert (state, row_no) == ("open", 1)
    assert outcomes(connection, delivery_id) == ["quarantined"]


def test_a_row_with_cells_beyond_the_header_is_quarantined_and_an_extra_column_is_not(
    connection: psycopg.Connection,
) -> None:
    rows = [
        loan("1") | {"_extra": {"__surplus__": ["x"]}},
        loan("1") | {"_extra": {"__missing__": 2}},
        loan("1") | {"_extra": {"备注": "x"}},
    ]
    assert settle(connection, "fn_loan", ("2025-03-01", rows)) == [["quarantined", "quarantined", "accepted"]]


def test_a_cell_that_swallowed_its_neighbours_does_not_stop_the_dataset(connection: psycopg.Connection) -> None:
    swallowed = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(3000))
    rows = [change("甲", number=swallowed), change("甲", number="1"), change("甲" + swallowed, number="2")]
    assert settle(connection, "ms_change_event", ("2025-03-01", rows)) == [["quarantined", "accepted", "accepted"]]
    assert connection.execute("select rules from ops.quarantine").fetchall() == [(["row:column_count"],)]
    named = [loan("1") | {"borrower_name": swallowed}, loan("1") | {"borrower_name": "长" * 100}]
    assert settle(connection, "fn_loan", ("2025-03-01", named)) == [["quarantined", "accepted"]]


SHIFTED: dict[str, tuple[str, list[str], list[str]]] = {
    "the name is gone and the rest moved left": (
        "hr_talent", ["E1", "91110000600037341L", "2024", "1", "3", "2", "1", ""],
        ["employer_name:not_placeholder_name", "as_of_year:minimum"],
    ),
    "the code is gone and the rest moved left": (
        "hr_talent", ["E1", "甲公司", "2024", "1", "3", "2", "1", ""], ["as_of_year:minimum"],
    ),
    "name and code changed places": (
        "fn_guarantee", ["G1", "91110000600037341L", "甲公司", "乙担保", "5", "2025-01-01"],
        ["enterprise_name:not_placeholder_name"],
    ),
    "a blank came in and the rest moved right": (
        "hr_stability_subsidy", ["G1", "E1", "", "91110000600037341L", "5"], ["amount_yuan:type", "paid_on:type"],
    ),
    "a name of letters and figures is a name": (
        "fn_guarantee", ["G1", "3M QINGDAO CO 2025", "", "乙担保", "5", "2025-01-01"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHIFTED)
def test_values_shifted_by_columns_are_quarantined(connection: psycopg.Connection, case: str) -> None:
    dataset, cells, broken = SHIFTED[case]
    row = dict(zip(contract(dataset).field_names, cells, strict=True))
    assert settle(connection, dataset, ("2025-03-01", [row])) == [["quarantined" if broken else "accepted"]]
    assert [r for (r,) in connection.execute("select rules from ops.quarantine")] == ([broken] if broken else [])


def test_the_rows_set_aside_point_at_the_accepted_row_in_their_place(connection: psycopg.Connection) -> None:
    first = deliver(connection, "tx_vat_return", "2025-03-01", [vat(1), vat(2), vat(2)])
    second = deliver(connection, "tx_vat_return", "2025-03-02", [vat(1), vat(2)])
    validate("tx_vat_return", "run", suite=False)
    third = deliver(connection, "tx_vat_return", "2025-03-03", [vat(1)])
    validate("tx_vat_return", "run", suite=False)
    found = connection.execute(
        "select delivery_id, row_no, outcome, of_delivery_id, of_row_no from ops.row_set_aside order by 1, 2"
    ).fetchall()
    assert found == [
        (first, 1, "superseded", first, 2), (first, 3, "duplicate", first, 2), (second, 1, "superseded", first, 2),
        (second, 2, "duplicate", first, 2), (third, 1, "superseded", first, 2),
    ]  # fmt: skip


def test_a_row_set_aside_points_at_the_current_row_before_a_change_and_at_the_change_after_it(
    connection: psycopg.Connection,
) -> None:
    old, new = arrears("1"), arrears("2")
    first = deliver(connection, "mi_arrears", "2025-03-02", [old])
    validate("mi_arrears", "run", suite=False)
    late = deliver(connection, "mi_arrears", "2025-03-01", [old, new, new])
    second = deliver(connection, "mi_arrears", "2025-03-03", [old, new, new])
    third = deliver(connection, "mi_arrears", "2025-03-04", [new, old, old])
    validate("mi_arrears", "run", suite=False)
    found = connection.execute(
        "select delivery_id, row_no, outcome, of_delivery_id, of_row_no from ops.row_set_aside order by 1, 2"
    ).fetchall()
    assert found == [
        (late, 1, "duplicate", first, 1), (late, 3, "duplicate", late, 2), (second, 1, "duplicate", first, 1),
        (second, 3, "duplicate", second, 2), (third, 1, "duplicate", second, 2), (third, 3, "duplicate", third, 2),
    ]  # fmt: skip


def test_every_row_is_in_the_ledger_and_the_database_enforces_it(connection: psycopg.Connection) -> None:
    delivery_id = deliver(connection, "tx_vat_return", "2025-03-01", [vat(1), vat(2), vat(2), vat("x"), vat(2, "9")])
    outcome = validate("tx_vat_return", "run", suite=False)
    ledger = connection.execute(
        "select delivery_id, dataset, rows_delivered, rows_accepted, rows_quarantined, rows_duplicate, rows_superseded"
        " from ops.row_ledger"
    ).fetchone()
    assert ledger == (delivery_id, "tx_vat_return", 5, 1, 2, 1, 1)
    assert (outcome.rows_delivered, outcome.rows_accepted, outcome.rows_quarantined) == (5, 1, 2)
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update ops.row_ledger set rows_accepted = 2")


def test_rows_that_are_missing_from_raw_stop_the_settlement(connection: psycopg.Connection) -> None:
    deliver(connection, "tx_vat_return", "2025-03-01", [vat(1)])
    connection.execute("update ops.delivery set rows_delivered = 2")
    with pytest.raises(psycopg.errors.CheckViolation):
        validate("tx_vat_return", "run", suite=False)
    counts = connection.execute("select (select count(*) from ops.accepted_row), state from ops.delivery").fetchone()
    assert counts == (0, "loaded")


def test_an_empty_delivery_is_accepted(connection: psycopg.Connection) -> None:
    deliver(connection, "fn_loan", "2025-03-01", [])
    assert validate("fn_loan", "run").settled
    assert connection.execute("select rows_delivered, rows_accepted from ops.row_ledger").fetchone() == (0, 0)


def test_a_second_pass_changes_nothing(connection: psycopg.Connection) -> None:
    settle(connection, "tx_vat_return", ("2025-03-01", [vat(1), vat("x"), vat(1)]))
    tables = (
        "accepted_row",
        "quarantine",
        "row_set_aside",
        "row_ledger",
        "validation_run",
        "validation_result",
        "delivery",
    )
    before = [connection.execute(f"select * from ops.{t} order by 1, 2, 3").fetchall() for t in tables]
    outcome = validate("tx_vat_return", "run")
    assert (outcome.settled, outcome.rows_delivered) == ([], 0)
    after = [connection.execute(f"select * from ops.{t} order by 1, 2, 3").fetchall() for t in tables]
    assert before == after
    assert connection.execute("select stage, state from ops.stage_run order by stage_run_id").fetchall() == [
        ("validate", "success"), ("settle", "success"), ("validate", "skipped"),
    ]  # fmt: skip
    leftovers = connection.execute("select count(*) from pg_class where relname like 'reading%'").fetchone()
    assert leftovers == (0,)


def test_a_rule_of_severity_stop_keeps_its_delivery_out_and_lets_others_in(connection: psycopg.Connection) -> None:
    strict = dataclasses.replace(contract("tx_vat_return"), row_rule_severity="stop")
    good = deliver(connection, "tx_vat_return", "2025-03-01", [vat(1)])
    bad = deliver(connection, "tx_vat_return", "2025-03-02", [vat(2), vat("x")])
    copy = deliver(connection, "tx_vat_return", "2025-03-02", [vat(2), vat("x")], repeats=bad)
    late = deliver(connection, "tx_vat_return", "2025-03-03", [vat(1)])
    outcome = validate("tx_vat_return", "run", strict, suite=False)
    assert (outcome.settled, outcome.rejected) == ([good, late], [bad, copy])
    assert [outcomes(connection, d) for d in (good, bad, copy, late)] == [["accepted"], [], [], ["duplicate"]]
    states = dict(
        connection.execute("select delivery_id, reject_reason from ops.delivery where state = 'rejected'").fetchall()
    )
    assert set(states) == {bad, copy}
    assert "version:type in 1 of 2 rows" in states[bad]
    assert strict.contact in states[bad]
    ledger = connection.execute("select delivery_id from ops.row_ledger order by 1").fetchall()
    assert ledger == [(good,), (late,)]
    failed = connection.execute(
        "select delivery_id from ops.validation_run where not success order by delivery_id"
    ).fetchall()
    assert failed == [(bad,)]


@pytest.mark.parametrize("dataset", ["ms_registration", "fn_loan", "mi_declaration"])
def test_predicates_over_raw_rows_find_what_validation_quarantined(
    connection: psycopg.Connection, dataset: str
) -> None:
    from tests.unit.validation.dirt import dirty_rows

    promised = contract(dataset)
    deliver(connection, dataset, "2025-01-10", dirty_rows(promised))
    validate(dataset, "run", suite=False)
    found = predicates(promised)
    assert len(found) == len(promised.rules) - 1
    for rule_id, sql in found.items():
        by_predicate = connection.execute(
            f"select r.row_no from raw.{dataset} r join ops.delivery d using (delivery_id) where {sql} order by 1"
        ).fetchall()
        quarantined = connection.execute(
            "select row_no from ops.quarantine where %s = any(rules) order by 1", [rule_id]
        ).fetchall()
        assert by_predicate == quarantined, rule_id
        assert by_predicate, rule_id
