"""How the cockpit reads the warehouse: under its own role, one SQL file per question, all answers of one state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as

SQL = Path(__file__).parent / "sql"
PATIENCE = "15s"
"""No page waits longer for one statement; what takes longer is a fault, not a question."""

Row = dict[str, Any]


@contextmanager
def reading(*, write: bool = False) -> Iterator[psycopg.Connection]:
    """Open a transaction that sees one state of the warehouse; `write` is for the record of who saw what."""
    with acting_as(Role.COCKPIT), connect() as connection:
        connection.execute(
            f"set transaction isolation level repeatable read, read {'write' if write else 'only'}".encode()
        )
        connection.execute("select set_config('statement_timeout', %s, true)", [PATIENCE])
        yield connection


def asked(connection: psycopg.Connection, file: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a SQL file of this folder."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text_of(file).encode(), parameters).fetchall()


@cache
def text_of(file: str) -> str:
    """Return the text of a SQL file."""
    return (SQL / file).read_text(encoding="utf-8")


def is_there(connection: psycopg.Connection, relation: str) -> bool:
    """Tell whether a table or view exists; some are made by stages that may never have run."""
    return connection.execute("select to_regclass(%s) is not null", [relation]).fetchone() == (True,)
