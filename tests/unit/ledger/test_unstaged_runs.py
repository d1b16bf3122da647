"""A run without stages is what it says it looked at and changed."""

from __future__ import annotations

import psycopg
import pytest

from tidu.ledger.runs import add_rows, finish_run, start_run

pytestmark = pytest.mark.postgres


def rows_of(dsn: str) -> tuple[object, ...]:
    with psycopg.connect(dsn) as connection:
        (row,) = connection.execute("select rows_in, rows_out, state from ops.pipeline_run").fetchall()
    return row


def test_what_its_tasks_count_adds_up(warehouse: str) -> None:
    start_run("maintain_warehouse:1", "maintain_warehouse")
    add_rows("maintain_warehouse:1", 10, 2)
    add_rows("maintain_warehouse:1", 0, 6)
    assert finish_run("maintain_warehouse:1", "success") == "success"
    assert rows_of(warehouse) == (10, 8, "success")


def test_a_run_that_changed_nothing_was_skipped(warehouse: str) -> None:
    start_run("maintain_warehouse:1", "maintain_warehouse")
    add_rows("maintain_warehouse:1", 10, 0)
    assert finish_run("maintain_warehouse:1", "success") == "skipped"
    assert rows_of(warehouse) == (10, 0, "skipped")


def test_a_failed_run_failed_whatever_it_changed(warehouse: str) -> None:
    start_run("maintain_warehouse:1", "maintain_warehouse")
    add_rows("maintain_warehouse:1", 10, 1)
    assert finish_run("maintain_warehouse:1", "failed") == "failed"
