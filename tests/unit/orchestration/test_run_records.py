"""Airflow's runs in the ledger: opened, closed, also when the warehouse missed the beginning."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from tidu.ledger import runs
from tidu.orchestration import alerts, run_records

BEGAN = dt.datetime(2025, 7, 1, 6, tzinfo=dt.UTC)


def airflow_run(dag_id: str = "ingest_tax") -> Any:
    return SimpleNamespace(dag_id=dag_id, run_id="scheduled__1", logical_date=BEGAN)


def ledger(dsn: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select run_id, dag_id, logical_date, state, finished_at is not null from ops.pipeline_run"
        ).fetchall()


def test_a_run_is_opened_and_closed(warehouse: str) -> None:
    run_records.on_dag_run_running(airflow_run(), "")
    assert ledger(warehouse) == [("ingest_tax:scheduled__1", "ingest_tax", BEGAN, "running", False)]
    with runs.stage("ingest_tax:scheduled__1", "land", "tx_payment") as report:
        report.rows_in = report.rows_out = 3
    run_records.on_dag_run_success(airflow_run(), "")
    assert ledger(warehouse)[0][3:] == ("success", True)


def test_a_run_that_took_nothing_in_was_skipped(warehouse: str) -> None:
    run_records.on_dag_run_running(airflow_run(), "")
    run_records.on_dag_run_success(airflow_run(), "")
    assert ledger(warehouse)[0][3:] == ("skipped", True)


def test_a_failed_run_that_is_repeated_counts_by_its_end(warehouse: str) -> None:
    run_records.on_dag_run_running(airflow_run(), "")
    run_records.on_dag_run_failed(airflow_run(), "")
    assert ledger(warehouse)[0][3:] == ("failed", True)
    run_records.on_dag_run_running(airflow_run(), "")
    assert ledger(warehouse)[0][3:] == ("running", False)


def test_a_run_whose_beginning_was_missed_is_closed_all_the_same(warehouse: str) -> None:
    run_records.on_dag_run_failed(airflow_run(), "timed_out")
    assert ledger(warehouse)[0][3:] == ("failed", True)


def test_other_dags_are_none_of_ours(warehouse: str) -> None:
    run_records.on_dag_run_running(airflow_run("somebody_elses"), "")
    run_records.on_dag_run_success(airflow_run("somebody_elses"), "")
    assert ledger(warehouse) == []


@pytest.mark.parametrize("calls", [1, 2])
def test_a_missed_deadline_is_one_alert(warehouse: str, calls: int) -> None:
    for _ in range(calls):
        context = {"dag_run": {"dag_run_id": "scheduled__1"}, "deadline": {"id": "x"}}
        alerts.record_missed_deadline(dag_id="ingest_tax", minutes=120, context=context)
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select kind, subject, message from ops.alert_event").fetchall() == [
            ("missed_deadline", "ingest_tax:scheduled__1", "ingest_tax has not ended 120 minutes after it was queued")
        ]
