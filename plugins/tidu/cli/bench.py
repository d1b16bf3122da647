"""`tidu bench`: measures the whole path on a large world, beside the least that any loader must do.

The measured stack has a state folder of its own and starts empty. In the same run and on the same server the same files
are also copied bare into unlogged text tables and loaded by pandas.to_sql, so that the ratios mean something.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import psycopg
import typer
from psycopg import sql
from rich.table import Table

from tidu.cli.screen import console, plain
from tidu.errors import StackError
from tidu.stack.state import state

app = typer.Typer(help="Measure.", no_args_is_help=True)

BLOCK = 1 << 20
SCHEMA = "bench"
STAGES = """
select stage, count(*), extract(epoch from sum(finished_at - started_at))::float8,
    extract(epoch from max(finished_at) - min(started_at))::float8, sum(rows_out)::bigint
from ops.stage_run where state <> 'skipped' group by stage order by min(started_at)
"""
BUSY = """
with work as (select range_agg(tstzrange(started_at, finished_at)) as spans, min(started_at) as began,
    max(finished_at) as ended from ops.stage_run where stage <> 'tier')
select extract(epoch from ended - began)::float8,
    (select extract(epoch from sum(upper(s) - lower(s)))::float8 from unnest(spans) as s)
from work
"""


@app.command()
def ledger(
    rows: Annotated[int, typer.Option(min=1000, help="Raw rows to account for.")] = 10_000_000,
    repetitions: Annotated[int, typer.Option(min=1, help="How often both are measured, by turns.")] = 3,
) -> None:
    """Prove the ledger of many rows in one query, beside a plain scan of the same rows in the same run."""
    from tidu.cli.bench_ledger import measure

    found = measure(state().home / "bench-ledger", rows, repetitions, plain)
    table = Table("what", "seconds, each time", "rows")
    for name, seconds in (("plain scan: count of every column", found.scans), ("proof of the ledger", found.proofs)):
        table.add_row(name, ", ".join(f"{s:.2f}" for s in seconds), f"{found.rows:,}")
    console.print(table)
    plain(
        f"{found.ratio:.2f} x a plain scan (medians); {found.differences} differences;"
        f" with one accepted row taken away: {'; '.join(map(str, found.tampered))}"
    )
    plain(f"settling the rows took {found.settling:.0f} s")


@app.command()
def linkage(
    sets: Annotated[Path | None, typer.Option(help="Folder of labelled sets.")] = None,
    world: Annotated[Path | None, typer.Option(help="World with truth/xref.csv.")] = None,
    backend: Annotated[
        str, typer.Option(help="What compares records: duckdb, or spark beside it; empty: as set.")
    ] = "",
) -> None:
    """Hold links against truth, beside what simpler methods find in the same run."""
    from tidu.cli.bench_linkage import measure_sets, measure_world

    if backend:
        os.environ["TIDU_LINKAGE_BACKEND"] = backend

    if sets is not None:
        measure_sets(sets)
    if world is not None:
        measure_world(world, state().home / "bench-linkage")


@app.command()
def tiers(
    enterprises: Annotated[
        list[int] | None, typer.Option(min=1000, help="Assessed enterprises, copies of a world's; may be repeated.")
    ] = None,
    entities: Annotated[int, typer.Option(help="Entities of the world; kept and used again.")] = 100_000,
) -> None:
    """Assess very many enterprises for every tier, beside scanning and joining the same rows in the same run."""
    import yaml

    from tidu.cli.bench_tiers import measure

    world = _world(state().home / "worlds" / f"bench_{entities}_18", entities, 18)
    as_of = dt.date.fromisoformat(str(yaml.safe_load((world / "world.yaml").read_text(encoding="utf-8"))["end"]))
    table = Table("enterprises", "source rows", "scan and join, s", "inputs, s", "policies, s", "ratio", "μs each")
    for row in measure(state().home / "bench-tiers", world, as_of, enterprises or [250_000, 1_000_000], plain):
        each = 1e6 * (row.inputs + row.assessed) / row.enterprises
        table.add_row(
            f"{row.enterprises:,}", f"{row.witnesses:,}", "; ".join(f"{s:.1f}" for s in row.plain),
            f"{row.inputs:.1f}", f"{row.assessed:.1f}", f"{row.ratio:.2f}", f"{each:.0f}",
        )  # fmt: skip
    console.print(table)


@app.command()
def load(
    enterprises: Annotated[int, typer.Option(help="Entities of the world; kept and used again.")] = 100_000,
    months: Annotated[int, typer.Option(help="Months of the world.")] = 18,
    pandas: Annotated[bool, typer.Option(help="Measure pandas.to_sql too; it takes a while.")] = True,
) -> None:
    """Take a large world from departments to published tables; print every stage beside a bare COPY."""
    folder = state().home / "bench"
    world = _world(state().home / "worlds" / f"bench_{enterprises}_{months}", enterprises, months)
    files = sorted(p for p in world.glob("*/*.csv") if p.parent.name != "truth")
    shutil.rmtree(folder, ignore_errors=True)
    env = {**os.environ, "TIDU_HOME": str(folder), "PYTHONUNBUFFERED": "1", "TIDU_ASK_HOUR": str(undisturbed_hour())}
    env.pop("TIDU_DSN", None)
    try:
        with _timed() as whole:
            _tidu(env, "run", "--world", str(world))
        dsn = (folder / "run" / "warehouse.dsn").read_text(encoding="utf-8").strip()
        with psycopg.connect(dsn, autocommit=True) as connection:
            measured = _path(connection) | {"command_seconds": whole()}
            measured["copy"] = _measure(connection, files, _copy)
            measured["pandas_to_sql"] = _measure(connection, files, _pandas) if pandas else None
    finally:
        _tidu(env, "down")
    measured |= {"enterprises": enterprises, "files": len(files), "bytes": sum(f.stat().st_size for f in files)}
    (folder / "load.json").write_text(json.dumps(measured, indent=1), encoding="utf-8")
    _show(measured)


def _world(folder: Path, enterprises: int, months: int) -> Path:
    from simulators.world.making import make_world

    if not (folder / "world.yaml").exists():
        plain(f"making a world of {enterprises:,} enterprises")
        make_world(folder, enterprises, months, 1)
    return folder


def undisturbed_hour() -> int:
    """Return the hour of the day that is farthest away, for schedules that shall not begin meanwhile."""
    return (dt.datetime.now(ZoneInfo("Asia/Shanghai")).hour + 12) % 24


def _tidu(env: dict[str, str], *arguments: str) -> None:
    """Run the command line itself in the measured state folder."""
    done = subprocess.run([sys.executable, "-m", "tidu.cli", *arguments], env=env, check=False)
    if done.returncode != 0:
        raise StackError(f"tidu {arguments[0]} ended with {done.returncode}; nothing was measured")


def _path(connection: psycopg.Connection) -> dict[str, Any]:
    """Read the ledger's own times of the path."""
    stages = [
        {"stage": stage, "runs": runs, "work": work, "wall": wall, "rows": rows}
        for stage, runs, work, wall, rows in connection.execute(STAGES).fetchall()
    ]
    wall, busy = connection.execute(BUSY).fetchone() or (0.0, 0.0)
    (rows,) = connection.execute("select sum(rows_delivered)::bigint from ops.row_ledger").fetchone() or (0,)
    return {"stages": stages, "wall": wall, "busy": busy, "idle": wall - busy, "rows": rows}


def _measure(
    connection: psycopg.Connection, files: list[Path], loader: Callable[[psycopg.Connection, Path, str], bool]
) -> dict[str, Any]:
    """Load all files into fresh tables of a scratch schema by one loader, then drop them."""
    schema = sql.Identifier(SCHEMA)
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    connection.execute(sql.SQL("create schema {}").format(schema))
    whole_lines = 0
    with _timed() as seconds:
        for path in files:
            whole_lines += not loader(connection, path, path.parent.name)
    taken = seconds()
    connection.execute(sql.SQL("drop schema {} cascade").format(schema))
    return {"seconds": taken, "files_as_lines": whole_lines}


def _copy(connection: psycopg.Connection, path: Path, table: str) -> bool:
    """COPY one file into an unlogged text table; False when ragged rows allow only whole lines."""
    with path.open(encoding="utf-8", newline="") as handle:
        columns = next(csv.reader(handle))
    try:
        _copy_as(connection, path, table, columns, sql.SQL("(format csv, header)"))
    except psycopg.errors.BadCopyFileFormat:
        form = sql.SQL(r"(format csv, header, delimiter E'\x01', quote E'\x02')")
        _copy_as(connection, path, f"{table}_lines", ["line"], form)
        return False
    return True


def _copy_as(connection: psycopg.Connection, path: Path, table: str, columns: list[str], form: sql.Composable) -> None:
    name = sql.Identifier(SCHEMA, table)
    typed = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(c)) for c in columns)
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    connection.execute(sql.SQL("create unlogged table if not exists {} ({})").format(name, typed))
    for column in columns:
        connection.execute(
            sql.SQL("alter table {} add column if not exists {} text").format(name, sql.Identifier(column))
        )
    statement = sql.SQL("copy {} ({}) from stdin {}").format(name, named, form)
    with connection.cursor().copy(statement) as sink, path.open("rb") as source:
        while block := source.read(BLOCK):
            sink.write(block)


def _pandas(connection: psycopg.Connection, path: Path, table: str) -> bool:
    """Load one file as the usual script does; ragged rows are left out, which pandas cannot take."""
    import pandas as pd
    from sqlalchemy import create_engine

    frame = pd.read_csv(path, dtype=str, keep_default_na=False, on_bad_lines="skip")
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(connection.info.dsn, password=connection.info.password)
    )
    frame.to_sql(f"{table}_{path.stem}", engine, schema=SCHEMA, index=False, chunksize=10_000)
    engine.dispose()
    return True


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    """Yield a function that tells the seconds of the block once it has ended."""
    began = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - began
    ended.append(time.perf_counter())


def _show(measured: dict[str, Any]) -> None:
    copy = measured["copy"]["seconds"]
    table = Table("what", "runs", "seconds of work", "wall seconds", "rows", "x bare COPY")
    for row in measured["stages"]:
        rows = "" if row["rows"] is None else f"{row['rows']:,}"
        table.add_row(
            row["stage"],
            str(row["runs"]),
            f"{row['work']:.1f}",
            f"{row['wall']:.1f}",
            rows,
            f"{row['work'] / copy:.1f}",
        )
    for name, key in (("whole path", "wall"), ("of it: work going on", "busy"), ("of it: Airflow alone", "idle")):
        table.add_row(name, "", "", f"{measured[key]:.1f}", "", f"{measured[key] / copy:.1f}", style="bold")
    table.add_row("bare COPY", "", "", f"{copy:.1f}", f"{measured['rows']:,}", "1.0")
    if measured["pandas_to_sql"]:
        seconds = measured["pandas_to_sql"]["seconds"]
        table.add_row("pandas.to_sql", "", "", f"{seconds:.1f}", "", f"{seconds / copy:.1f}")
    console.print(table)
    plain(
        f"{measured['files']} files, {measured['bytes'] / 1e6:.0f} MB, {measured['rows']:,} rows;"
        f" {measured['copy']['files_as_lines']} files with ragged rows were copied as whole lines;"
        f" `tidu run` took {measured['command_seconds']:.0f} s with its start-up"
    )
