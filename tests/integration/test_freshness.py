"""Ages are measured against a business date; what is late by contract is spoken of once."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest

from tests.integration.test_tickets import bring, taxpayer
from tidu.contracts import contract, contracts
from tidu.ledger.freshness import Freshness, alert_late, freshness
from tidu.ledger.tickets import refresh

pytestmark = pytest.mark.postgres


def of_taxpayers(as_of: dt.date | None) -> Freshness:
    found = {row.dataset: row for row in freshness(as_of)}
    assert set(found) == set(contracts())
    return found["tx_taxpayer"]


def test_a_dataset_is_late_when_its_latency_has_passed_since_the_last_accepted_delivery(warehouse: str) -> None:
    assert contract("tx_taxpayer").latency_days == 3
    (first, last) = bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1")]), ("2025-07-02", [taxpayer("2")]))
    on_time = of_taxpayers(dt.date(2025, 7, 5))
    assert (on_time.state, on_time.age_days, on_time.due_on) == ("fresh", 3, dt.date(2025, 7, 5))
    assert (on_time.last_delivery_id, on_time.last_rows, on_time.days_late) == (last, 1, 0)
    late = of_taxpayers(dt.date(2025, 7, 8))
    assert (late.state, late.age_days, late.days_late) == ("late", 6, 3)
    earlier = of_taxpayers(dt.date(2025, 7, 1))
    assert (earlier.last_delivery_id, earlier.age_days) == (first, 0)


def test_what_was_never_delivered_has_no_age(warehouse: str) -> None:
    never = of_taxpayers(dt.date(2025, 7, 5))
    assert (never.state, never.age_days, never.due_on, never.last_delivered_on) == ("never", None, None, None)


def test_a_delivery_kept_out_leaves_the_last_good_state_with_its_age(warehouse: str) -> None:
    good, bad = bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1")]), ("2025-07-04", [taxpayer("2")]))
    with psycopg.connect(warehouse) as connection:
        connection.execute("update ops.delivery set state = 'rejected' where delivery_id = %s", [bad])
    found = of_taxpayers(dt.date(2025, 7, 5))
    assert (found.last_delivery_id, found.age_days, found.state, found.kept_out_since) == (good, 4, "late", 1)


def test_an_empty_delivery_is_a_delivery(warehouse: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1")]), ("2025-07-04", []))
    found = of_taxpayers(dt.date(2025, 7, 5))
    assert (found.last_delivered_on, found.last_rows, found.state) == (dt.date(2025, 7, 4), 0, "fresh")


def test_a_missing_delivery_is_spoken_of_once_per_day_it_was_due(warehouse: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1")]))
    assert [s for s in alert_late(dt.date(2025, 7, 4)) if s.startswith("tx_taxpayer")] == []
    raised = alert_late(dt.date(2025, 7, 5))
    assert raised == ["tx_taxpayer:2025-07-04"]
    assert alert_late(dt.date(2025, 7, 6)) == []
    bring(warehouse, "tx_taxpayer", ("2025-07-06", [taxpayer("2")]))
    assert alert_late(dt.date(2025, 7, 7)) == []
    assert alert_late(dt.date(2025, 7, 20)) == ["tx_taxpayer:2025-07-09"]
    with psycopg.connect(warehouse) as connection:
        messages = connection.execute(
            "select message from ops.alert_event where kind = 'late_delivery' and subject like 'tx_taxpayer:%%'"
            " order by alert_id"
        ).fetchall()
        never = connection.execute("select count(*) from ops.alert_event where subject like '%%:never'").fetchone()
    assert messages == [
        ("tx_taxpayer of tax was due on 2025-07-04; the last delivery is of 2025-07-01",),
        ("tx_taxpayer of tax was due on 2025-07-09; the last delivery is of 2025-07-06",),
    ]
    assert never == (len(contracts()) - 1,)


def test_the_view_measures_against_the_date_the_warehouse_was_maintained_for(warehouse: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1")]))
    refresh(dt.date(2025, 7, 3))
    assert of_taxpayers(None).age_days == 2
