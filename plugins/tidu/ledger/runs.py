"""What was run: one row per pipeline run and per stage of it, on connections of their own.

A stage is recorded even when the work inside it is rolled back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as

STAGES = ("pull", "land", "validate", "settle", "stage", "link", "mart", "tier", "monitor", "release")
"""In the order a row walks through them."""
RunState = Literal["success", "failed", "skipped"]


@dataclass
class StageRun:
    """What the body of `stage` reports about itself."""

    rows_in: int | None = None
    rows_out: int | None = None
    skipped: bool = False
    """True when there was nothing to do."""


@acting_as(Role.RECORD)
def start_run(run_id: str, dag_id: str, logical_date: dt.datetime | None = None) -> None:
    """Open a run. Idempotence: a retry under the same run_id opens the same row again and keeps its start."""
    with connect(autocommit=True) as connection:
        connection.execute(
            "insert into ops.pipeline_run (run_id, dag_id, logical_date, state) values (%s, %s, %s, 'running')"
            " on conflict (run_id) do update set state = 'running', finished_at = null",
            [run_id, dag_id, logical_date],
        )


@acting_as(Role.RECORD)
def finish_run(run_id: str, state: RunState) -> RunState:
    """Close a run and return its state; `success` becomes `skipped` when the run took nothing new in.

    Nothing new means: every landing of the run was skipped, or, in a run without landings, every stage was.
    Rows: rows_in of the first stage that counts them, rows_out of the last one. A retry overwrites. A run that has no
    stages is what `add_rows` says of it: skipped when it changed nothing.
    """
    with connect(autocommit=True) as connection:
        row = connection.execute(
            """
            with stages as (
                select s.*, array_position(%(stages)s, s.stage) as place
                from ops.stage_run s where s.run_id = %(run_id)s
            ),
            decisive as (
                select * from stages
                where stage = 'land' or not exists (select from stages l where l.stage = 'land')
            )
            update ops.pipeline_run set
                finished_at = now(),
                state = case
                    when %(state)s = 'success' and not exists (
                        select from decisive d where d.state <> 'skipped')
                        and (exists (select from stages) or coalesce(rows_out, 0) = 0)
                    then 'skipped' else %(state)s end,
                rows_in = case when exists (select from stages) then (
                    select sum(s.rows_in) from stages s where s.place = (
                        select min(f.place) from stages f where f.rows_in is not null)) else rows_in end,
                rows_out = case when exists (select from stages) then (
                    select sum(s.rows_out) from stages s where s.place = (
                        select max(f.place) from stages f where f.rows_out is not null)) else rows_out end
            where run_id = %(run_id)s
            returning state
            """,
            {"stages": list(STAGES), "run_id": run_id, "state": state},
        ).fetchone()
    if row is None:
        raise KeyError(f"run {run_id} was never started")
    final: RunState = row[0]
    return final


@acting_as(Role.RECORD)
def add_rows(run_id: str, rows_in: int, rows_out: int) -> None:
    """Count rows a run without stages looked at and changed, on top of what it counted so far."""
    with connect(autocommit=True) as connection:
        connection.execute(
            "update ops.pipeline_run set rows_in = coalesce(rows_in, 0) + %s, rows_out = coalesce(rows_out, 0) + %s"
            " where run_id = %s",
            [rows_in, rows_out, run_id],
        )


@contextmanager
def stage(run_id: str, name: str, dataset: str | None = None) -> Iterator[StageRun]:
    """Time one stage; the body sets rows_in and rows_out. Writes one row of ops.stage_run at its end.

    An exception is recorded as `failed` and passes on.
    """
    report = StageRun()
    started_at = dt.datetime.now(dt.UTC)
    state: RunState = "failed"
    try:
        yield report
        state = "skipped" if report.skipped else "success"
    finally:
        with acting_as(Role.RECORD), connect(autocommit=True) as connection:
            connection.execute(
                "insert into ops.stage_run (run_id, stage, dataset, started_at, finished_at, rows_in, rows_out, state)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s)",
                [run_id, name, dataset, started_at, dt.datetime.now(dt.UTC), report.rows_in, report.rows_out, state],
            )
