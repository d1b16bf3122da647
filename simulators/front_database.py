"""tax: the department's front database. One table per dataset, batch_date and batch_seq, and share_batch.

A table has the columns its batches had so far. Within a batch an empty cell is the empty text, and null means that
the batch has no such column: where a required column is null in every row of a batch, or the table lacks it, that
batch came without it. share_batch keeps the catalogue's four columns.
Rows and their line in share_batch commit together, one transaction per batch, unless a batch is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Literal, LiteralString

import polars as pl
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from simulators.deliveries import Delivery, Rows, completed_at
from simulators.errors import SimulatorError
from tidu.contracts.catalogue import contracts

CONTROL = "share_batch"
OpenKind = Literal["rows", "control"]


@dataclass(frozen=True)
class FrontDatabase:
    """An open connection of the owner's account."""

    connection: psycopg.Connection

    def batches(self) -> set[tuple[str, date]]:
        """Return every batch of which there is a row or a line in the control table."""
        found = set(self.connection.execute(_q("select dataset, batch_date from {}", CONTROL)).fetchall())
        for dataset in self._tables():
            dates = self.connection.execute(_q("select distinct batch_date from {}", dataset)).fetchall()
            found |= {(dataset, batch_date) for (batch_date,) in dates}
        return {(dataset, batch_date) for dataset, batch_date in found}

    def load(self, delivery: Delivery, rows: Rows, rewrites: int, leave_open: OpenKind | None) -> None:
        """Write one batch, replacing an earlier state of it.

        Left open, `rows` commits all but the last row and `control` does not tell the control table.
        """
        frame = rows.marked
        count = frame.height
        if leave_open == "rows":
            frame = frame.head(count - 1) if count else frame
        with self.connection.transaction():
            self._match_columns(delivery.dataset, frame.columns)
            self._clear(delivery.dataset, delivery.delivered_on)
            self._copy(delivery, frame)
            if leave_open != "control":
                self.connection.execute(
                    _q("insert into {} (dataset, batch_date, rows, completed_at) values (%s, %s, %s, %s)", CONTROL),
                    (
                        delivery.dataset,
                        delivery.delivered_on,
                        count,
                        completed_at(delivery.dataset, delivery.delivered_on, rewrites),
                    ),
                )

    def withdraw(self, dataset: str, batch_date: date) -> None:
        """Take a batch away as if it had never come."""
        with self.connection.transaction():
            self._clear(dataset, batch_date)

    def reset(self) -> None:
        """Drop the front's own tables; the next publication starts it anew."""
        with self.connection.transaction():
            for table in (CONTROL, *self._tables()):
                self.connection.execute(_q("drop table {}", table))
            self._make_control()

    def grant(self, reader: str, password: str) -> None:
        """Make the platform's read-only account, or renew its password; it may read every table, now and later.

        Needs an owner that may create roles.
        """
        secret = self.connection.pgconn.encrypt_password(password.encode(), reader.encode(), b"scram-sha-256").decode()
        known = self.connection.execute("select 1 from pg_roles where rolname = %s", (reader,)).fetchone()
        with self.connection.transaction():
            verb: LiteralString = "alter" if known else "create"
            account = sql.SQL("{} role {} login password {}")
            self.connection.execute(account.format(sql.SQL(verb), sql.Identifier(reader), sql.Literal(secret)))
            self.connection.execute(_q("alter role {} set default_transaction_read_only = on", reader))
            self.connection.execute(_q("grant usage on schema public to {}", reader))
            self.connection.execute(_q("grant select on all tables in schema public to {}", reader))
            self.connection.execute(
                _q("alter default privileges in schema public grant select on tables to {}", reader)
            )

    def _tables(self) -> list[str]:
        """Name the tables of datasets that are there."""
        ours = [c.name for c in contracts().values() if c.transport == "sql"]
        query = "select tablename from pg_tables where schemaname = 'public' and tablename = any(%s)"
        return [table for (table,) in self.connection.execute(query, (ours,)).fetchall()]

    def _make_control(self) -> None:
        self.connection.execute(
            _q(
                "create table if not exists {} (dataset varchar not null, batch_date date not null,"
                " rows integer not null, completed_at timestamptz not null, primary key (dataset, batch_date))",
                CONTROL,
            )
        )

    def _match_columns(self, dataset: str, columns: Iterable[str]) -> None:
        """Make the table, or give it the columns this batch brings along."""
        self.connection.execute(
            _q("create table if not exists {} (batch_date date not null, batch_seq integer not null)", dataset)
        )
        self.connection.execute(
            sql.SQL("create index if not exists {} on {} (batch_date)").format(
                sql.Identifier(f"{dataset}_by_date"), sql.Identifier(dataset)
            )
        )
        present = self.connection.execute(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped",
            (f'"{dataset}"',),
        ).fetchall()
        for column in columns:
            if (column,) not in present:
                self.connection.execute(
                    sql.SQL("alter table {} add column {} varchar").format(
                        sql.Identifier(dataset), sql.Identifier(column)
                    )
                )

    def _clear(self, dataset: str, batch_date: date) -> None:
        if dataset in self._tables():
            self.connection.execute(_q("delete from {} where batch_date = %s", dataset), (batch_date,))
        self.connection.execute(
            _q("delete from {} where dataset = %s and batch_date = %s", CONTROL), (dataset, batch_date)
        )

    def _copy(self, delivery: Delivery, frame: pl.DataFrame) -> None:
        numbered = frame.with_row_index("batch_seq", offset=1).insert_column(
            0, pl.lit(delivery.delivered_on).alias("batch_date")
        )
        names = sql.SQL(", ").join(sql.Identifier(c) for c in ("batch_date", "batch_seq", *frame.columns))
        copy_in = sql.SQL("copy {} ({}) from stdin (format csv)").format(sql.Identifier(delivery.dataset), names)
        with self.connection.cursor() as cursor, cursor.copy(copy_in) as target:
            # Quoted, an empty cell is the empty text; a null is left unquoted.
            target.write(numbered.write_csv(include_header=False, quote_style="non_numeric"))


@contextmanager
def opened(dsn: str) -> Iterator[FrontDatabase]:
    """Connect as the owner and see to the control table.

    Raises SimulatorError when the database cannot be reached or refuses something, the password left out.
    """
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            front = FrontDatabase(connection)
            front._make_control()
            yield front
    except psycopg.Error as error:
        password = str(conninfo_to_dict(dsn).get("password") or "\0")
        raise SimulatorError(f"the tax front database: {str(error).replace(password, '***')}") from None


def reader_of(dsn: str) -> str:
    """Return the name of the read-only account of a front database; accounts belong to the whole server."""
    database = conninfo_to_dict(dsn).get("dbname") or "front"
    return f"{database}_reader"


def _q(text: LiteralString, table: str) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(table))
