"""What the values of a delivery say about its contract is noted with the delivery, beside the quarantined rows."""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg
import pytest

from tests.unit.validation.delivering import deliver
from tidu.contracts import contract
from tidu.validation import validate

pytestmark = pytest.mark.postgres


def drift_of(dsn: str, delivery_id: int) -> dict[str, Any]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select state, drift from ops.delivery where delivery_id = %s", [delivery_id]
        ).fetchone()
    assert row is not None
    assert row[0] == "accepted"
    return dict(row[1])


def taken(dsn: str, dataset: str, rows: list[dict[str, str | None]]) -> dict[str, Any]:
    with psycopg.connect(dsn) as connection:
        delivery_id = deliver(connection, dataset, "2025-07-01", rows)
    validate(dataset, "run", suite=False)
    return drift_of(dsn, delivery_id)


def taxpayers(count: int, **odd: list[str | None]) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = [
        {
            "taxpayer_no": str(n), "taxpayer_id": f"id{n}", "taxpayer_name": f"青岛{n}有限公司",
            "taxpayer_status": "正常", "registered_on": "2024-01-02", "updated_at": "2025-06-01T08:00:00",
        }
        for n in range(count)
    ]  # fmt: skip
    for name, values in odd.items():
        for row, value in zip(rows, values, strict=False):
            row[name] = value
    return rows


def test_a_sound_delivery_has_no_drift_of_values(warehouse: str) -> None:
    assert taken(warehouse, "tx_taxpayer", taxpayers(20)) == {}


def test_a_column_that_mostly_cannot_be_read_has_changed_its_type(warehouse: str) -> None:
    rows = taxpayers(20, registered_on=["45000"] * 5)
    assert taken(warehouse, "tx_taxpayer", rows)["type_changed"] == [
        {"field": "registered_on", "unread": 5, "given": 20}
    ]
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select rules, count(*) from ops.quarantine group by rules").fetchall() == [
            (["registered_on:type"], 5)
        ]


def test_two_unreadable_values_are_slips(warehouse: str) -> None:
    assert taken(warehouse, "tx_taxpayer", taxpayers(4, registered_on=["45000"] * 2)) == {}


def test_a_share_within_the_contracts_bound_is_no_drift(warehouse: str) -> None:
    rows = taxpayers(20, registered_on=["45000"] * 5)
    lenient = dataclasses.replace(contract("tx_taxpayer"), type_share=0.3)
    with psycopg.connect(warehouse) as connection:
        delivery_id = deliver(connection, "tx_taxpayer", "2025-07-01", rows)
    validate("tx_taxpayer", "run", lenient, suite=False)
    assert drift_of(warehouse, delivery_id) == {}


def test_the_share_of_a_column_that_is_often_empty_is_taken_of_the_values_given(warehouse: str) -> None:
    rows = taxpayers(400, cancelled_on=["2025.1.1"] * 21 + ["2025-01-01"] * 5)
    assert taken(warehouse, "tx_taxpayer", rows)["type_changed"] == [
        {"field": "cancelled_on", "unread": 21, "given": 26}
    ]


def test_codes_outside_the_list_are_listed_with_their_counts(warehouse: str) -> None:
    rows = taxpayers(20, taxpayer_status=["清算", "清算 ", "迁出"], taxpayer_kind=["小微"])
    assert taken(warehouse, "tx_taxpayer", rows)["new_codes"] == {
        "taxpayer_status": {"清算": 2, "迁出": 1}, "taxpayer_kind": {"小微": 1},
    }  # fmt: skip


def test_a_row_that_is_wrong_in_other_ways_brings_no_new_code(warehouse: str) -> None:
    rows = taxpayers(20, taxpayer_status=["2024-01-02"], registered_on=["正常"])
    assert taken(warehouse, "tx_taxpayer", rows) == {}


def test_drift_is_noted_with_the_delivery_that_has_it(warehouse: str) -> None:
    with psycopg.connect(warehouse) as connection:
        sound = deliver(connection, "tx_taxpayer", "2025-07-01", taxpayers(5))
        odd = deliver(connection, "tx_taxpayer", "2025-07-02", taxpayers(5, taxpayer_kind=["小微"] * 5))
    validate("tx_taxpayer", "run", suite=False)
    assert drift_of(warehouse, sound) == {}
    assert drift_of(warehouse, odd) == {"new_codes": {"taxpayer_kind": {"小微": 5}}}
