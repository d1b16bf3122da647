"""The stack of the story, and what can be seen of it from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tidu.stack.state import State

TIDU = Path(sys.executable).parent / "tidu"
EXEMPT_TABLES = ("pipeline_run", "stage_run", "validation_run", "validation_result")
EXEMPT_ENDINGS = ("_run", "_event", "_metric", "_log")
EXEMPT_COLUMNS = ("built_at", "computed_at", "checked_at")


@dataclass
class Story:
    """The stack of this file and what was seen of it."""

    home: Path
    world: Path
    env: dict[str, str] = field(repr=False)

    def tidu(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(TIDU), *arguments],
            env={**self.env, **settings},
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )

    def run(self, as_of: str, **settings: str) -> str:
        done = self.tidu("run", "--world", str(self.world), "--as-of", as_of, **settings)
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    @property
    def state(self) -> State:
        return State(self.home)

    @property
    def dsn(self) -> str:
        return (self.home / "run" / "warehouse.dsn").read_text(encoding="utf-8").strip()

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(statement.encode()).fetchall()


def contents(story: Story) -> dict[str, tuple[object, ...]]:
    """Count and checksum of every table, without run records and times of computation."""
    columns = story.rows(
        "select table_schema, table_name, string_agg(quote_ident(column_name), ', ' order by ordinal_position)"
        " from information_schema.columns join information_schema.tables using (table_schema, table_name)"
        " where table_schema in ('raw', 'staging', 'mart', 'publish', 'ops') and table_type = 'BASE TABLE'"
        " and column_name not like '%run_id' and not column_name = any("
        f"'{{{','.join(EXEMPT_COLUMNS)}}}') group by 1, 2 order by 1, 2"
    )
    seen: dict[str, tuple[object, ...]] = {}
    for schema, table, names in columns:
        name = str(table)
        if schema == "ops" and (name in EXEMPT_TABLES or name.endswith(EXEMPT_ENDINGS)):
            continue
        rows = f"(select {names} from {schema}.{name}) r"
        (seen[f"{schema}.{name}"],) = story.rows(
            f"select count(*), md5(string_agg(r::text, '' order by r::text)) from {rows}"
        )
    assert len(seen) > 30
    return seen


def living(home: Path) -> list[str]:
    """Living processes that were started for this state folder."""
    found = []
    mark = str(home).encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.name != str(os.getpid()) and (
                mark in (process / "environ").read_bytes() or mark in (process / "cmdline").read_bytes()
            ):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in found if line]
