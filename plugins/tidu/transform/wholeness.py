"""One build of a stage at a time, and none over tables the server has lost.

The tables of schema intermediate are unlogged: a crash of PostgreSQL empties them. ops.build_run is unlogged too, so
that a row of it is proof that the tables of its stage are still there. Three checks follow: a stage is built together
with the earlier ones whose proof is gone; every model asks for the build's own row first (ops.assert_build), so that
nothing is derived from tables emptied meanwhile; and a build counts only if the connection that holds the lock lived
to its end.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.rows import scalar_row

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.locks import BUILD

BUILD_LOCK = BUILD
UNLOGGED = ("stage", "link", "mart", "monitor", "tier")
"""Stages that leave unlogged tables behind, each made from those before it."""


@dataclass(frozen=True)
class Hold:
    """A build that may go on."""

    token: str
    """Setting `tidu.build` of every session that belongs to the build."""
    stages: tuple[str, ...]
    """What has to be built, in order: lost stages before the one asked for, then that one."""


@contextmanager
def hold(stage: str, run_id: str, as_of: str, since: str = "") -> Iterator[Hold]:
    """Keep other builds out while the body builds `stage`; enter the stage as whole when the body ends well.

    `since`: an earlier stage from which on everything is built anew, besides what was lost. Waits for a build that
    runs now. Raises TiduError when the server went away meanwhile: whatever the body made may rest on emptied tables.
    """
    with connect(autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(%s)", [BUILD_LOCK])
        wanted = {*lost_stages(holder, stage), *UNLOGGED[UNLOGGED.index(since or stage) : UNLOGGED.index(stage) + 1]}
        build = Hold(uuid.uuid4().hex, tuple(s for s in UNLOGGED if s in wanted))
        holder.execute(
            "insert into ops.build_run (stage, token, run_id, as_of, build_no)"
            " select stage, %s, %s, %s::date, (select max(build_no) from ops.delivery where built_at is not null)"
            " from unnest(%s::text[]) as s (stage)"
            " on conflict (stage) do update set token = excluded.token, run_id = excluded.run_id,"
            " as_of = excluded.as_of, build_no = excluded.build_no, finished_at = null",
            [build.token, run_id, as_of, list(build.stages)],
        )
        yield build
        try:
            done = holder.execute(
                "update ops.build_run set finished_at = now() where token = %s and stage = any(%s)",
                [build.token, list(build.stages)],
            ).rowcount
        except psycopg.OperationalError as error:
            raise TiduError(f"{run_id}: stage {stage}: the server went away during the build; run again") from error
        if done != len(build.stages):
            raise TiduError(f"{run_id}: stage {stage}: the server lost unlogged tables during the build; run again")


def lost_stages(connection: psycopg.Connection, stage: str) -> list[str]:
    """Return the stages up to `stage` whose unlogged tables are not whole, in order."""
    wanted = UNLOGGED[: UNLOGGED.index(stage) + 1]
    cursor = connection.cursor(row_factory=scalar_row)
    whole = set(cursor.execute("select stage from ops.build_run where finished_at is not null").fetchall())
    return [s for s in wanted if s not in whole]


def figures_are_lost() -> bool:
    """Tell whether the figures a release is copied from are not there any more, or were never finished."""
    with connect() as connection:
        return bool(lost_stages(connection, "monitor"))
