"""Front databases that do not keep Unicode: theirs is converted, and what has no encoding is refused."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path

import psycopg
import pytest

from tests.fuzz.reading import read
from tidu.connectors import Endpoint
from tidu.connectors.sql_database import SqlDatabase
from tidu.contracts import contract
from tidu.errors import ConnectorError, DeliveryRejected
from tidu.stack import postgres

RATING = contract("tx_credit_rating")


def front(cluster: postgres.Cluster, encoding: str, remark: str) -> str:
    """Return the DSN of a database in that encoding with one complete batch of one row."""
    name = f"front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(
            f"create database {name} encoding '{encoding}' locale_provider libc locale 'C' template template0"
        )
    with psycopg.connect(cluster.dsn(name), autocommit=True) as connection:
        connection.execute("create table share_batch (dataset text, batch_date date, rows int, completed_at text)")
        connection.execute("insert into share_batch values ('tx_credit_rating', '2025-07-01', 1, 'x')")
        columns = ", ".join(f"{name} text" for name in RATING.field_names)
        values = ", ".join("'x'" for _ in RATING.field_names)
        connection.execute(f"create table tx_credit_rating (batch_date date, batch_seq int, remark text, {columns})")
        connection.execute(f"insert into tx_credit_rating values ('2025-07-01', 1, {remark}, {values})")
    return cluster.dsn(name)


def fetched(dsn: str, folder: Path) -> bytes:
    with SqlDatabase(Endpoint.from_uri(dsn)) as database:
        (batch,) = database.available(RATING)
        assert batch.delivered_on == dt.date(2025, 7, 1)
        file = database.fetch(RATING, batch, folder)
    assert file is not None
    return file.path.read_bytes()


@pytest.mark.postgres
def test_a_chinese_database_is_read_as_unicode(cluster: postgres.Cluster, tmp_path: Path) -> None:
    dsn = front(cluster, "EUC_CN", "convert_from('\\xc7e0b5ba', 'EUC_CN')")
    (row,) = read(RATING, "t", fetched(dsn, tmp_path), ".parquet").table.to_pylist()
    assert row["_extra"] == '{"remark":"青岛"}'


@pytest.mark.postgres
def test_bytes_without_an_encoding_are_refused(cluster: postgres.Cluster, tmp_path: Path) -> None:
    dsn = front(cluster, "SQL_ASCII", "E'\\xff\\xfe'")
    with pytest.raises((DeliveryRejected, ConnectorError), match=r"encoding|UTF"):
        read(RATING, "t", fetched(dsn, tmp_path), ".parquet")


@pytest.mark.postgres
@pytest.mark.parametrize("day", ["null", "'infinity'", "'10000-01-01'", "'0044-03-15 BC'"])
def test_a_control_row_without_a_date_is_an_error_to_retry(cluster: postgres.Cluster, day: str) -> None:
    dsn = front(cluster, "UTF8", "'甲'")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"update share_batch set batch_date = {day}")
    with SqlDatabase(Endpoint.from_uri(dsn)) as database, pytest.raises(ConnectorError, match="share_batch"):
        database.available(RATING)
