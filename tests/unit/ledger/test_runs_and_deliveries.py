"""What the ledger says of runs, stages and deliveries, in a real PostgreSQL."""

from __future__ import annotations

import dataclasses
import datetime as dt

import psycopg
import pytest

from tidu.ledger.database import connect_arrow
from tidu.ledger.deliveries import Received, known_sources, mark_loaded, pending, record_received, reject
from tidu.ledger.runs import finish_run, stage, start_run

FILE = Received(
    dataset="mi_arrears", delivered_on=dt.date(2025, 7, 1), transport="folder_csv", source_uri="folder:a.csv",
    source_token="1:1", sha256="s1", bytes=10, landed_uri="mi_arrears/2025-07-01/s1_a.csv", contract_version="1.0.0",
    announced_sha256=None, announced_rows=None,
)  # fmt: skip


def run_row(warehouse: str, run_id: str) -> tuple[object, ...]:
    with psycopg.connect(warehouse) as connection:
        found = connection.execute(
            "select state, rows_in, rows_out, finished_at is not null from ops.pipeline_run where run_id = %s", [run_id]
        ).fetchone()
    assert found is not None
    return found


def test_a_run_sums_its_first_and_last_counts(warehouse: str) -> None:
    start_run("r", "ingest_tax", dt.datetime(2025, 7, 1, tzinfo=dt.UTC))
    for dataset, rows in (("tx_payment", 5), ("tx_vat_return", 7)):
        with stage("r", "pull", dataset):
            pass
        with stage("r", "land", dataset) as land:
            land.rows_in = land.rows_out = rows
        with stage("r", "settle", dataset) as settle:
            settle.rows_in, settle.rows_out = rows, rows - 1
    assert run_row(warehouse, "r") == ("running", None, None, False)
    assert finish_run("r", "success") == "success"
    assert run_row(warehouse, "r") == ("success", 12, 10, True)


def test_a_retry_opens_the_same_run_again(warehouse: str) -> None:
    start_run("r", "ingest_tax")
    assert finish_run("r", "failed") == "failed"
    start_run("r", "ingest_tax")
    assert run_row(warehouse, "r")[0] == "running"


def test_a_run_that_landed_nothing_is_skipped_whatever_its_other_stages_did(warehouse: str) -> None:
    start_run("r", "ingest_tax")
    with stage("r", "land", "tx_payment") as land:
        land.skipped = True
    with stage("r", "validate", "tx_payment"):
        pass
    assert finish_run("r", "success") == "skipped"
    start_run("b", "build_enterprise_master")
    with stage("b", "mart") as mart:
        mart.rows_out = 3
    assert finish_run("b", "success") == "success"
    start_run("n", "build_enterprise_master")
    assert finish_run("n", "success") == "skipped"


def test_a_run_that_never_started_cannot_finish(warehouse: str) -> None:
    with pytest.raises(KeyError, match="never started"):
        finish_run("unknown", "success")


def test_a_failing_stage_is_recorded_and_its_error_passes_on(warehouse: str) -> None:
    with pytest.raises(ZeroDivisionError), stage("r", "mart"):
        raise ZeroDivisionError
    with psycopg.connect(warehouse) as connection:
        found = connection.execute("select stage, dataset, state from ops.stage_run").fetchall()
    assert found == [("mart", None, "failed")]


def test_the_same_file_is_one_delivery_and_other_content_another(warehouse: str) -> None:
    assert record_received(FILE) == 1
    assert record_received(dataclasses.replace(FILE, source_token="1:2")) is None
    assert known_sources("mi_arrears") == {("folder:a.csv", "1:2")}
    second = record_received(dataclasses.replace(FILE, sha256="s2", source_token="2:3"))
    assert second is not None
    assert [d.sha256 for d in pending("mi_arrears", "received")] == ["s1", "s2"]


def test_deliveries_come_by_date_then_as_received(warehouse: str) -> None:
    for day, sha in ((3, "a"), (1, "b"), (3, "c"), (2, "d")):
        record_received(dataclasses.replace(FILE, delivered_on=dt.date(2025, 7, day), sha256=sha))
    assert [d.sha256 for d in pending("mi_arrears", "received")] == ["b", "d", "a", "c"]
    assert pending("mi_arrears", "loaded") == []
    assert pending("fn_loan", "received") == []


def test_only_a_rejected_delivery_with_another_announcement_is_opened_again(warehouse: str) -> None:
    announced = dataclasses.replace(FILE, announced_sha256="s1", announced_rows=1)
    delivery_id = record_received(announced)
    assert delivery_id is not None
    assert record_received(dataclasses.replace(announced, announced_rows=2)) is None
    reject(delivery_id, "wrong row count")
    assert record_received(announced) is None
    assert record_received(dataclasses.replace(announced, announced_rows=2)) == delivery_id
    assert [d.reject_reason for d in pending("mi_arrears", "received")] == [None]


def test_a_delivery_is_loaded_once_and_names_what_it_repeats(warehouse: str) -> None:
    first = record_received(FILE)
    again = record_received(dataclasses.replace(FILE, source_uri="folder:b.csv"))
    later = record_received(dataclasses.replace(FILE, delivered_on=dt.date(2025, 7, 2), source_uri="folder:c.csv"))
    rejected = record_received(dataclasses.replace(FILE, source_uri="folder:d.csv"))
    assert first and again and later and rejected
    reject(rejected, "broken")
    with connect_arrow(warehouse) as connection, connection.cursor() as cursor:
        for delivery_id in (first, again, later):
            assert mark_loaded(cursor, delivery_id, 2, "content", {"extra": ["备注"]})
        assert not mark_loaded(cursor, first, 2, "content", {})
        assert not mark_loaded(cursor, rejected, 2, "content", {})
        connection.commit()
    reject(first, "a slower run read an older announcement")
    loaded = {d.delivery_id: d for d in pending("mi_arrears", "loaded")}
    assert {i: d.repeats_delivery_id for i, d in loaded.items()} == {first: None, again: first, later: None}
    assert (loaded[again].rows_delivered, loaded[again].drift) == (2, {"extra": ["备注"]})
