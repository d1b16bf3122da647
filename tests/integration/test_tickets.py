"""Tickets are a function of what was delivered and decided: opened by faults, closed by their correction."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.unit.validation.delivering import deliver
from tidu.contracts import contract
from tidu.errors import TiduError
from tidu.ledger.tickets import refresh
from tidu.validation import validate
from tidu.validation.decisions import repair

pytestmark = pytest.mark.postgres
AS_OF = dt.date(2025, 12, 31)
Row = dict[str, str | None]


def taxpayer(no: str, **odd: str | None) -> Row:
    return {
        "taxpayer_no": no, "taxpayer_id": "370202123456789", "taxpayer_name": f"青岛{no}有限公司",
        "taxpayer_status": "正常", "registered_on": "2024-01-02", "updated_at": "2025-06-01T08:00:00", **odd,
    }  # fmt: skip


def bring(dsn: str, dataset: str, *deliveries: tuple[str, list[Row]], together: bool = False) -> list[int]:
    """Deliver and settle, one by one or in one pass; return the delivery ids."""
    found = []
    for delivered_on, rows in deliveries:
        with psycopg.connect(dsn) as connection:
            found.append(deliver(connection, dataset, delivered_on, rows))
        if not together:
            validate(dataset, "run", suite=False)
    validate(dataset, "run", suite=False)
    return found


def tickets(dsn: str, columns: str = "*") -> list[dict[str, Any]]:
    with psycopg.connect(dsn) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            f"select {columns} from ops.correction_ticket order by opened_on, origin_id, attribute".encode()
        ).fetchall()


def short(dsn: str) -> list[tuple[Any, ...]]:
    found = tickets(dsn, "source_key, attribute, theirs, ours, opened_on::text, state, closed_on::text, resolution")
    return [tuple(row.values()) for row in found]


def test_a_faulty_row_opens_a_ticket_for_each_field_with_what_the_department_wrote(warehouse: str) -> None:
    (delivery,) = bring(
        warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1"), taxpayer("2", registered_on="x", taxpayer_status="?")])
    )
    assert refresh(AS_OF).opened == 2
    first, second = tickets(warehouse)
    assert (first["attribute"], first["theirs"]) == ("registered_on", "x")
    assert (second["attribute"], second["theirs"]) == ("taxpayer_status", "?")
    for ticket in (first, second):
        assert (ticket["department"], ticket["dataset"], ticket["source_key"]) == ("tax", "tx_taxpayer", "2")
        assert (ticket["opened_on"], ticket["due_on"]) == (dt.date(2025, 7, 1), dt.date(2025, 7, 31))
        assert (ticket["state"], ticket["origin"], ticket["ours"]) == ("open", "quarantine", None)
        with psycopg.connect(warehouse) as connection:
            (quarantine_id,) = connection.execute("select quarantine_id from ops.quarantine").fetchone() or (None,)
        assert ticket["evidence"] == {
            "quarantine_id": quarantine_id, "delivery_id": delivery, "row_no": 2, "times": 1,
            "rules": ["registered_on:type" if ticket is first else "taxpayer_status:values"],
        }  # fmt: skip


def test_a_second_refresh_on_the_same_date_changes_nothing(warehouse: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]), ("2025-07-02", [taxpayer("1")]))
    refresh(AS_OF)
    before = tickets(warehouse)
    assert before
    again = refresh(AS_OF)
    assert (again.opened, again.changed, again.settled) == (0, 0, 0)
    assert tickets(warehouse) == before


SPELLS = [
    ("2025-07-01", [taxpayer("1", registered_on="x")]),
    ("2025-07-05", [taxpayer("1", registered_on="y", updated_at="2025-07-04T08:00:00")]),
    ("2025-07-09", [taxpayer("1", updated_at="2025-07-08T08:00:00")]),
    ("2025-07-20", [taxpayer("1", registered_on="z", updated_at="2025-07-19T08:00:00")]),
]
TWO_TICKETS = [
    ("1", "registered_on", "y", None, "2025-07-01", "closed", "2025-07-09", "redelivered"),
    ("1", "registered_on", "z", "2024-01-02", "2025-07-20", "open", None, None),
]


@pytest.mark.parametrize("together", [False, True])
def test_a_spell_of_a_fault_is_one_ticket_however_the_deliveries_are_taken(warehouse: str, together: bool) -> None:
    bring(warehouse, "tx_taxpayer", *SPELLS, together=together)
    refresh(AS_OF)
    assert short(warehouse) == TWO_TICKETS
    assert [row["evidence"]["times"] for row in tickets(warehouse)] == [2, 1]


def test_tickets_refreshed_day_by_day_are_those_refreshed_once(warehouse: str) -> None:
    for delivered_on, rows in SPELLS:
        bring(warehouse, "tx_taxpayer", (delivered_on, rows))
        refresh(dt.date.fromisoformat(delivered_on))
    assert short(warehouse) == TWO_TICKETS


def test_a_faulty_row_that_comes_after_its_correction_is_closed_at_once(warehouse: str) -> None:
    good, bad = bring(
        warehouse, "tx_taxpayer", ("2025-07-09", [taxpayer("1")]), ("2025-07-01", [taxpayer("1", registered_on="x")])
    )
    refresh(AS_OF)
    assert [row[5:] for row in short(warehouse)] == [("closed", "2025-07-09", "redelivered")]
    with psycopg.connect(warehouse) as connection:
        found = connection.execute("select delivery_id, redelivered_by from ops.quarantine").fetchall()
    assert found == [(bad, good)]


def test_a_correction_under_a_higher_version_closes_the_ticket(warehouse: str) -> None:
    first: Row = {"taxpayer_no": "1", "period": "2025-06", "version": "1", "sales_yuan": "many",
                  "filing_kind": "月", "updated_at": "2025-07-01T08:00:00"}  # fmt: skip
    bring(
        warehouse,
        "tx_vat_return",
        ("2025-07-15", [first]),
        ("2025-08-15", [{**first, "version": "2", "sales_yuan": "5"}]),
    )
    refresh(AS_OF)
    found = [row for row in short(warehouse) if row[1] == "sales_yuan"]
    assert [(row[0], row[5], row[6]) for row in found] == [("1|2025-06|1", "closed", "2025-08-15")]


def loan(no: str, **odd: str | None) -> Row:
    return {name: None for name in contract("fn_loan").field_names} | {
        "loan_no": no, "borrower_name": f"青岛{no}有限公司", "balance_wan": "5", **odd,
    }  # fmt: skip


def test_a_row_that_the_next_snapshot_does_not_hold_any_more_is_settled_by_it(warehouse: str) -> None:
    needed = {f.name for f in contract("fn_loan").fields if f.required}
    assert needed <= {name for name, value in loan("1").items() if value}, needed
    bad = loan("2", balance_wan="viel")
    bring(
        warehouse,
        "fn_loan",
        ("2025-06-05", [loan("1"), bad]),
        ("2025-07-05", [loan("1"), bad]),
        ("2025-08-05", [loan("1")]),
    )
    refresh(AS_OF)
    (found,) = [row for row in short(warehouse) if row[1] == "balance_wan"]
    assert (found[0], found[4], found[5], found[6]) == ("2", "2025-06-05", "closed", "2025-08-05")


@pytest.mark.parametrize("state", ["waived", "discarded"])
def test_a_reviewers_decision_closes_the_ticket_and_taking_it_back_opens_it_again(warehouse: str, state: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]))
    refresh(dt.date(2025, 7, 2))
    with psycopg.connect(warehouse) as connection:
        connection.execute("update ops.quarantine set state = %s", [state])
    assert refresh(dt.date(2025, 7, 3)).settled == 1
    assert [row[5:] for row in short(warehouse)] == [("closed", "2025-07-03", "decided")]
    with psycopg.connect(warehouse) as connection:
        connection.execute("update ops.quarantine set state = 'open'")
    assert refresh(dt.date(2025, 7, 4)).changed == 1
    assert [row[4:] for row in short(warehouse)] == [("2025-07-01", "open", None, None)]


def test_a_repaired_row_stays_with_the_department_until_it_delivers_the_correction(warehouse: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]))
    refresh(dt.date(2025, 7, 2))
    with psycopg.connect(warehouse) as connection:
        (row,) = connection.execute("select quarantine_id from ops.quarantine").fetchall()
    repair({row[0]: {"registered_on": "2024-01-02"}}, by="李", reason="电话核实")
    refresh(dt.date(2025, 7, 3))
    assert short(warehouse) == [("1", "registered_on", "x", "2024-01-02", "2025-07-01", "open", None, None)]
    bring(warehouse, "tx_taxpayer", ("2025-07-09", [taxpayer("1", updated_at="2025-07-08T08:00:00")]))
    refresh(dt.date(2025, 7, 10))
    assert [row[5:] for row in short(warehouse)] == [("closed", "2025-07-09", "redelivered")]


def test_a_correction_that_is_withdrawn_opens_the_ticket_again(warehouse: str) -> None:
    _, good = bring(
        warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]), ("2025-07-09", [taxpayer("1")])
    )
    refresh(AS_OF)
    assert [row[5] for row in short(warehouse)] == ["closed"]
    with psycopg.connect(warehouse) as connection:
        connection.execute("delete from ops.accepted_row where delivery_id = %s", [good])
        connection.execute("update ops.delivery set state = 'rejected' where delivery_id = %s", [good])
    refresh(AS_OF)
    assert [row[4:] for row in short(warehouse)] == [("2025-07-01", "open", None, None)]


def test_a_row_with_ten_million_characters_in_its_key_is_only_quoted(warehouse: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1" * 3_000_000, taxpayer_name="无")]))
    refresh(AS_OF)
    assert {row["attribute"] for row in tickets(warehouse)} == {None, "taxpayer_name"}
    refresh(AS_OF)


def note(dsn: str, delivery_id: int, drift: dict[str, Any], state: str = "accepted") -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "update ops.delivery set drift = %s, state = %s where delivery_id = %s",
            [json.dumps(drift, ensure_ascii=False), state, delivery_id],
        )


def test_each_kind_of_drift_is_one_ticket_until_a_delivery_is_without_it(warehouse: str) -> None:
    ids = bring(warehouse, "mi_arrears", *((f"2025-07-0{n}", [arrears(str(n))]) for n in range(1, 5)))
    note(warehouse, ids[0], {"extra": ["备注"], "missing": ["closed_on"], "reordered": True})
    note(warehouse, ids[1], {"extra": ["备注", "附件"], "missing": [], "reordered": False,
                             "new_codes": {"stage": {"仲裁": 3, "x": 1}}})  # fmt: skip
    note(warehouse, ids[3], {"extra": ["备注"], "missing": [], "reordered": False})
    refresh(AS_OF)
    found = [(r["attribute"], r["theirs"], str(r["opened_on"]), str(r["closed_on"])) for r in tickets(warehouse)]
    assert sorted(found) == [
        ("extra_column", "备注", "2025-07-04", "None"),
        ("extra_column", "备注, 附件", "2025-07-01", "2025-07-03"),
        ("missing_column", "closed_on", "2025-07-01", "2025-07-02"),
        ("new_code", "stage: 仲裁 (3)", "2025-07-02", "2025-07-03"),
    ]
    assert {(r["department"], r["source_key"], r["origin"]) for r in tickets(warehouse)} == {("industry", "", "drift")}


def arrears(no: str) -> Row:
    return {"complaint_no": no, "creditor_name": f"青岛{no}有限公司", "debtor_name": "某局", "amount_wan": "1",
            "filed_on": "2025-06-01", "paid_wan": "0"}  # fmt: skip


def test_a_delivery_rejected_for_its_columns_opens_a_ticket_and_an_empty_one_proves_nothing(warehouse: str) -> None:
    ids = bring(
        warehouse, "mi_arrears", ("2025-07-01", [arrears("1")]), ("2025-07-02", []), ("2025-07-03", [arrears("3")])
    )
    note(warehouse, ids[0], {"extra": ["投诉号"], "missing": ["complaint_no"], "reordered": False,
        "probable_renames": [{"heading": "投诉号", "field": "complaint_no"}]}, "rejected")  # fmt: skip
    refresh(AS_OF)
    assert {(r["attribute"], r["theirs"], str(r["closed_on"])) for r in tickets(warehouse)} == {
        ("extra_column", "投诉号", "2025-07-03"), ("missing_column", "complaint_no", "2025-07-03"),
        ("renamed_column", "投诉号 -> complaint_no", "2025-07-03"),
    }  # fmt: skip


def test_an_empty_column_of_a_front_table_is_no_missing_column(warehouse: str) -> None:
    (delivery,) = bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1")]))
    note(warehouse, delivery, {"extra": [], "missing": ["cancelled_on"], "reordered": False})
    with psycopg.connect(warehouse) as connection:
        connection.execute("update ops.delivery set transport = 'sql'")
    refresh(AS_OF)
    assert tickets(warehouse) == []


def disagree(dsn: str, *rows: tuple[str, str, str, str]) -> None:
    """Leave a master in which records say other than the register: (subject, source key, ours, theirs)."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "create table if not exists intermediate.int_enterprise__disagreement (dataset text, source_key text,"
            " subject text, attribute text, registered_attribute text, ours text, theirs text, enterprise_id text,"
            " registered_source_key text, delivery_id bigint, row_no integer)"
        )
        # the builds make it under a role that grants this by itself
        connection.execute("grant select on intermediate.int_enterprise__disagreement to public")
        connection.execute("truncate intermediate.int_enterprise__disagreement")
        for subject, source_key, ours, theirs in rows:
            connection.execute(
                "insert into intermediate.int_enterprise__disagreement values"
                " ('hr_insurance', %s, %s, 'employer_name', 'name', %s, %s, 'E1', '77', 1, 1)",
                [source_key, subject, ours, theirs],
            )


def test_a_disagreement_is_open_from_the_day_it_is_seen_to_the_day_it_is_gone(warehouse: str) -> None:
    disagree(warehouse, ("e1", "e1|2025-06|1", "青岛甲有限公司", "青岛乙有限公司"))
    assert refresh(dt.date(2025, 7, 1)).opened == 1
    disagree(warehouse, ("e1", "e1|2025-07|1", "青岛甲有限公司", "青岛乙有限公司"))
    assert refresh(dt.date(2025, 8, 1)).opened == 0
    (standing,) = tickets(warehouse)
    assert (standing["department"], standing["ours"], standing["theirs"]) == ("hr", "青岛甲有限公司", "青岛乙有限公司")
    assert (str(standing["opened_on"]), standing["source_key"]) == ("2025-07-01", "e1|2025-07|1")
    disagree(warehouse)
    refresh(dt.date(2025, 9, 1))
    disagree(warehouse, ("e1", "e1|2025-09|1", "青岛甲有限公司", "青岛丙有限公司"))
    refresh(dt.date(2025, 10, 1))
    assert [row[3:] for row in short(warehouse)] == [
        ("青岛甲有限公司", "2025-07-01", "closed", "2025-09-01", "agreed"),
        ("青岛甲有限公司", "2025-10-01", "open", None, None),
    ]


def test_the_business_date_does_not_go_back(warehouse: str) -> None:
    refresh(AS_OF)
    with pytest.raises(TiduError, match="does not go back to 2025-12-30"):
        refresh(dt.date(2025, 12, 30))
