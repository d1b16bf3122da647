"""Transport sql: a read-only account on a department's front database; a batch of a table is one delivery.

PostgreSQL goes through ADBC straight into Arrow, any other SQLAlchemy URL through a server-side cursor.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from tidu.connectors.protocol import AvailableDelivery, ConnectorSession, Endpoint, FetchedFile
from tidu.contracts.model import DatasetContract
from tidu.errors import ConnectorError

CONTROL = "share_batch"
BATCH_DATE = "batch_date"
POSTGRES_SCHEMES = ("postgres", "postgresql")


class _Reader(Protocol):
    """What the two ways to a database have in common; every read happens within a snapshot."""

    def control(self, dataset: str) -> list[tuple[str, int, str]]:
        """Return (batch_date, rows, completed_at) of the complete batches of one dataset."""

    def rows(self, dataset: str, batch_date: str) -> pa.Table:
        """Return one batch as text columns, batch_date left out."""

    def snapshot(self) -> Any:
        """Context manager: within it all reads see one state of the database."""

    def close(self) -> None:
        """End the connection."""


class SqlDatabase(ConnectorSession):
    """Reads `postgresql://ro:password@host:port/tax_front`, or any other SQLAlchemy URL.

    Extra `schema` names a schema other than the account's own; a driver is named in the scheme (`mysql+pymysql`)
    or, where a URI cannot hold it, in extra `driver`.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._reader: _Reader | None = None

    def available(self, contract: DatasetContract) -> list[AvailableDelivery]:
        """List what the control table calls complete, one delivery per date: the latest completion counts."""
        with self._reading(contract) as reader, reader.snapshot():
            batches = reader.control(contract.name)
        latest: dict[str, tuple[int, str]] = {day: (rows, at) for day, rows, at in sorted(batches, key=lambda b: b[2])}
        try:
            return [_delivery(contract, day, rows, at) for day, (rows, at) in sorted(latest.items())]
        except (ValueError, TypeError) as error:
            raise ConnectorError(f"{contract.name}: {CONTROL} cannot be read: {error}") from error

    def fetch(self, contract: DatasetContract, delivery: AvailableDelivery, target: Path) -> FetchedFile | None:
        """Read one batch into Parquet; None when its rows are not all there yet or it is being rewritten."""
        batch_date = parse_qs(urlsplit(delivery.source_uri).query)["batch_date"][0]
        with self._reading(contract) as reader, reader.snapshot():
            now = [(rows, at) for day, rows, at in reader.control(contract.name) if day == batch_date]
            if not now or max(now, key=lambda b: b[1]) != (delivery.rows, delivery.token):
                return None
            table = reader.rows(contract.name, batch_date)
        if table.num_rows != delivery.rows:
            return None
        path = target / f"{contract.name}_{batch_date}.parquet"
        pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
        return FetchedFile(path, "parquet", announced_rows=delivery.rows)

    def close(self) -> None:
        """End the connection."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    @contextmanager
    def _reading(self, contract: DatasetContract) -> Iterator[_Reader]:
        from adbc_driver_manager import Error as AdbcError
        from sqlalchemy.exc import SQLAlchemyError

        try:
            if self._reader is None:
                postgres = self.endpoint.scheme in POSTGRES_SCHEMES
                self._reader = _Postgres(self.endpoint) if postgres else _AnySqlAlchemy(self.endpoint)
            yield self._reader
        except (AdbcError, SQLAlchemyError, ImportError) as error:
            self.close()
            # The driver's own text may quote the connection string; its first line without it is enough.
            reason = self.endpoint.conceal((str(error).splitlines() or [type(error).__name__])[0])
            raise ConnectorError(f"{contract.name}: {self.endpoint.host or self.endpoint.path}: {reason}") from None


class _Postgres:
    """PostgreSQL through ADBC; PostgreSQL itself writes every value as text."""

    def __init__(self, endpoint: Endpoint) -> None:
        import adbc_driver_postgresql.dbapi

        login = f"{quote(endpoint.login, safe='')}:{quote(endpoint.password, safe='')}"
        uri = f"postgresql://{login}@{endpoint.host}:{endpoint.port or 5432}/{endpoint.path.strip('/')}"
        self._schema = endpoint.extra.get("schema")
        self._connection = adbc_driver_postgresql.dbapi.connect(uri)
        with self._connection.cursor() as cursor:
            cursor.execute("set time zone 'UTC'")
            cursor.execute("set client_encoding to 'UTF8'")
            self._connection.commit()

    def control(self, dataset: str) -> list[tuple[str, int, str]]:
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"select batch_date::text, rows::bigint, completed_at::text from {self._table(CONTROL)}"  # noqa: S608
                " where dataset = $1 and completed_at is not null",
                (dataset,),
            )
            found = cursor.fetchall()
        # What is more than a date and its time (44-03-15 BC, infinity) stays whole, and no date is read from it.
        return [(str(day) if str(day).endswith("BC") else str(day)[:10], rows, at) for day, rows, at in found]

    def rows(self, dataset: str, batch_date: str) -> pa.Table:
        table = self._table(dataset)
        with self._connection.cursor() as cursor:
            cursor.execute(f"select * from {table} limit 0")  # noqa: S608
            schema = cursor.fetch_arrow_table().schema
            day = schema.field(BATCH_DATE).type
            # The column keeps its own type in the comparison, so that an index on it serves.
            kind = "date" if pa.types.is_date(day) else "timestamp" if pa.types.is_timestamp(day) else "text"
            columns = ", ".join(f"{_quoted(n)}::text as {_quoted(n)}" for n in schema.names if n != BATCH_DATE)
            cursor.execute(
                f"select {columns} from {table} where {BATCH_DATE} = cast($1 as {kind})",  # noqa: S608
                (batch_date,),
            )
            return cursor.fetch_arrow_table()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self._connection.rollback()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
            yield
        finally:
            self._connection.rollback()

    def close(self) -> None:
        self._connection.close()

    def _table(self, name: str) -> str:
        return ".".join(_quoted(part) for part in (self._schema, name) if part)


class _AnySqlAlchemy:
    """Every other database SQLAlchemy has a driver for (MySQL, Oracle, Dameng, Kingbase, SQLite)."""

    CHUNK = 20_000

    def __init__(self, endpoint: Endpoint) -> None:
        import sqlalchemy as sa

        url = sa.URL.create(
            endpoint.extra.get("driver") or endpoint.scheme,
            username=endpoint.login or None,
            password=endpoint.password or None,
            host=endpoint.host or None,
            port=endpoint.port,
            database=endpoint.path if endpoint.scheme.startswith("sqlite") else endpoint.path.strip("/"),
        )
        self._schema = endpoint.extra.get("schema")
        self._connection = sa.create_engine(url, poolclass=sa.pool.NullPool).connect()
        self._tables: dict[str, sa.Table] = {}

    def control(self, dataset: str) -> list[tuple[str, int, str]]:
        import sqlalchemy as sa

        table = self._table(CONTROL)
        query = sa.select(table.c.batch_date, table.c.rows, table.c.completed_at).where(
            table.c.dataset == dataset, table.c.completed_at.is_not(None)
        )
        return [(str(day)[:10], int(str(rows)), str(at)) for day, rows, at in self._connection.execute(query)]

    def rows(self, dataset: str, batch_date: str) -> pa.Table:
        import polars as pl
        import sqlalchemy as sa

        table = self._table(dataset)
        wanted: object = batch_date
        if isinstance(table.c.batch_date.type, sa.Date):
            wanted = dt.date.fromisoformat(batch_date)
        elif isinstance(table.c.batch_date.type, sa.DateTime):
            wanted = dt.datetime.fromisoformat(batch_date)
        # Oracle wants a length in a cast; what is text already needs none.
        columns = [
            c if isinstance(c.type, sa.String) else sa.cast(c, sa.String(64)).label(c.name)
            for c in table.c
            if c.name != BATCH_DATE
        ]
        result = self._connection.execution_options(stream_results=True, yield_per=self.CHUNK).execute(
            sa.select(*columns).where(table.c.batch_date == wanted)
        )
        schema = dict.fromkeys(result.keys(), pl.String)
        chunks = [pl.DataFrame(rows, schema=schema, orient="row") for rows in result.partitions()]
        return pl.concat(chunks or [pl.DataFrame(schema=schema)]).to_arrow(compat_level=pl.CompatLevel.oldest())

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with self._connection.begin():
            yield

    def close(self) -> None:
        self._connection.close()

    def _table(self, name: str) -> Any:
        import sqlalchemy as sa

        if name not in self._tables:
            self._tables[name] = sa.Table(name, sa.MetaData(), schema=self._schema, autoload_with=self._connection)
        return self._tables[name]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _delivery(contract: DatasetContract, day: str, rows: int, completed_at: str) -> AvailableDelivery:
    query = urlencode({"batch_date": day, "completed_at": completed_at})
    uri = f"sql:{contract.name}?{query}"
    return AvailableDelivery(contract.name, dt.date.fromisoformat(day), uri, rows, completed_at)
