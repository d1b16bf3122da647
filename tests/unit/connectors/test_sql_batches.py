"""Front databases that are not PostgreSQL, through SQLAlchemy; SQLite stands for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tidu.connectors import Endpoint
from tidu.connectors.sql_database import SqlDatabase
from tidu.contracts import contract
from tidu.errors import ConnectorError

RATING = contract("tx_credit_rating")


@pytest.fixture
def front(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(tmp_path / "front.db", isolation_level=None) as connection:
        connection.execute("create table share_batch (dataset text, batch_date date, rows int, completed_at text)")
        connection.execute(
            'create table tx_credit_rating (batch_date date, batch_seq int, taxpayer_no text, "odd ""name" text)'
        )
        for day, seq, text in (("2025-07-01", 2, ""), ("2025-07-01", 1, None), ("2025-08-01", 1, "x")):
            connection.execute("insert into tx_credit_rating values (?, ?, ?, ?)", (day, seq, f"T{seq}", text))
        yield connection
    connection.close()


def complete(front: sqlite3.Connection, day: str, rows: int, at: str) -> None:
    front.execute("insert into share_batch values ('tx_credit_rating', ?, ?, ?)", (day, rows, at))


def database(tmp_path: Path) -> SqlDatabase:
    return SqlDatabase(Endpoint("sqlite", path=str(tmp_path / "front.db")))


def test_complete_batches_arrive_as_text_and_incomplete_ones_wait(front: sqlite3.Connection, tmp_path: Path) -> None:
    complete(front, "2025-07-01", 2, "2025-07-01 20:00:00")
    complete(front, "2025-08-01", 2, "2025-08-01 20:00:00")
    with database(tmp_path) as sql:
        july, august = sql.available(RATING)
        assert (july.rows, july.delivered_on.month) == (2, 7)
        file = sql.fetch(RATING, july, tmp_path)
        assert sql.fetch(RATING, august, tmp_path) is None
    assert file is not None
    found = sorted(pq.read_table(file.path).to_pylist(), key=lambda r: r["batch_seq"])
    assert found == [
        {"batch_seq": "1", "taxpayer_no": "T1", 'odd "name': None},
        {"batch_seq": "2", "taxpayer_no": "T2", 'odd "name': ""},
    ]


def test_a_batch_rewritten_between_list_and_fetch_waits_and_is_another_delivery(
    front: sqlite3.Connection, tmp_path: Path
) -> None:
    complete(front, "2025-07-01", 2, "2025-07-01 20:00:00")
    with database(tmp_path) as sql:
        (first,) = sql.available(RATING)
        complete(front, "2025-07-01", 2, "2025-07-02 09:00:00")
        assert sql.fetch(RATING, first, tmp_path) is None
        (second,) = sql.available(RATING)
        assert second.source_uri != first.source_uri
        assert sql.fetch(RATING, second, tmp_path) is not None


def test_a_database_that_fails_is_an_error_to_retry(tmp_path: Path) -> None:
    with database(tmp_path) as sql, pytest.raises(ConnectorError, match="share_batch"):
        sql.available(RATING)
