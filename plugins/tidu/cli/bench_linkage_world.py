"""A world's accepted rows in a scratch warehouse, so that stage link alone can be measured on it.

What is accepted is worked out by the simulators from the world's own list of faults; transports, validation and
Airflow take no part. The warehouse is a cluster of its own below a scratch folder.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path

import polars as pl
import psycopg
from psycopg import sql

from tidu.contracts import DatasetContract, contracts
from tidu.ledger.database import connect, migrate
from tidu.stack import postgres
from tidu.transform import begin_build, build

RUN = "bench"
NO_CONTENT = "00000000-0000-0000-0000-000000000000"


@contextmanager
def scratch_warehouse(folder: Path) -> Iterator[None]:
    """Let everything in the body work on a fresh, migrated warehouse below `folder`; remove it afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    cluster = postgres.start(folder / "postgres", postgres.free_port(), postgres.LOCAL_OPTIONS)
    try:
        with _environment(TIDU_DSN=cluster.dsn("postgres"), TIDU_HOME=str(folder / "home")):
            migrate()
            yield
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def linked_on(backend: str) -> Iterator[None]:
    """Let linkage in the body compare records by a backend, whatever is set otherwise."""
    with _environment(TIDU_LINKAGE_BACKEND=backend):
        yield


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ |= values
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def accepted_rows(world: Path, as_of: date) -> dict[str, pl.DataFrame]:
    """Return every dataset's accepted rows as delivered, with their place, key, rank and source key."""
    from simulators.world.settling import deliveries, settled

    place = ["_delivered_on", "_row_no"]
    kept = {
        name: rows.filter(pl.col("_outcome") == "accepted").select(*place, "_key", "_rank", "_source_key")
        for name, rows in settled(world, as_of).items()
    }
    return {
        name: deliveries(world, promised, as_of).join(kept[name], on=place, maintain_order="left")
        for name, promised in contracts().items()
    }


def fill(rows: dict[str, pl.DataFrame]) -> None:
    """Copy accepted rows into raw, enter them as accepted, and mark their deliveries for a build."""
    for name, promised in contracts().items():
        with connect() as connection:
            _fill(connection, promised, rows[name])
    begin_build(RUN)


def built(stage: str, as_of: date) -> float:
    """Build a stage; return the seconds it took."""
    began = time.perf_counter()
    build(stage, RUN, {"as_of": str(as_of), "series_start": ""})
    return time.perf_counter() - began


def _fill(connection: psycopg.Connection, promised: DatasetContract, rows: pl.DataFrame) -> None:
    counts = rows.group_by("_delivered_on").len().sort("_delivered_on")
    ids = [
        (connection.execute(
            "insert into ops.delivery (dataset, delivered_on, transport, source_uri, sha256, bytes, rows_delivered,"
            " state, contract_version, landed_uri) values (%s, %s, %s, %s, %s, 1, %s, 'accepted', %s, '')"
            " returning delivery_id",
            [promised.name, day, promised.transport, f"{promised.name}/{day}", f"{promised.name} {day}", number,
             promised.version],
        ).fetchone() or (0,))[0]
        for day, number in counts.iter_rows()
    ]  # fmt: skip
    rows = rows.join(counts.with_columns(delivery_id=pl.Series(ids, dtype=pl.Int64)), on="_delivered_on")
    numbered = {"delivery_id": pl.col("delivery_id"), "row_no": pl.col("_row_no")}
    numbers = [e.alias(n) for n, e in numbered.items()]
    _copy(connection, ("raw", promised.name), rows.select(*numbers, *promised.field_names))
    entered = rows.select(
        *numbers,
        dataset=pl.lit(promised.name),
        key="_key",
        version="_rank",
        content=pl.lit(NO_CONTENT),
    )
    _copy(connection, ("ops", "accepted_row"), entered)
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier("raw", promised.name)))


def _copy(connection: psycopg.Connection, table: tuple[str, str], rows: pl.DataFrame) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, rows.columns))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(sql.Identifier(*table), columns)
    sink = BytesIO()
    rows.write_csv(sink, include_header=False)
    with connection.cursor().copy(statement) as copy:
        copy.write(sink.getvalue())
