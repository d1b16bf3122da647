"""What the main job says at its end, read from the ledger and the published tables."""

from __future__ import annotations

from dataclasses import dataclass

from tidu.contracts import contracts, departments
from tidu.ledger.database import connect
from tidu.stack.rest import Run

OUTCOMES = ("deliveries", "delivered", "accepted", "quarantined", "duplicate", "superseded")


@dataclass(frozen=True)
class Summary:
    """Counts of the whole ledger, and what this job added and how long it took."""

    rows: dict[str, dict[str, int]]
    """By department and outcome, of everything ever delivered."""
    new_deliveries: int
    rejected: list[str]
    """Reasons of deliveries kept out as a whole."""
    enterprises: int
    tickets_open: int
    """Of all departments."""
    release: tuple[int, str, str, str | None] | None
    """Newest release: id, period, state, approver."""
    stages: list[tuple[str, int, float, int | None]]
    """Of this job: stage, how many, seconds of work, rows out."""
    seconds: float
    """From the first run's start to the last one's end."""


def summarize(runs: list[Run]) -> Summary:
    """Read the summary of a job's runs."""
    names = [f"{run.dag_id}:{run.run_id}" for run in runs]
    with connect() as connection:
        ledger = connection.execute(
            "select dataset, count(*), sum(rows_delivered), sum(rows_accepted), sum(rows_quarantined),"
            " sum(rows_duplicate), sum(rows_superseded) from ops.row_ledger group by dataset"
        ).fetchall()
        (new,) = connection.execute(
            "select count(*) from ops.delivery where received_at >="
            " (select min(started_at) from ops.pipeline_run where run_id = any(%s))",
            [names],
        ).fetchone() or (0,)
        rejected = connection.execute(
            "select reject_reason from ops.delivery where state = 'rejected' order by delivery_id"
        ).fetchall()
        (enterprises,) = connection.execute("select count(*) from mart.enterprise").fetchone() or (0,)
        (tickets_open,) = connection.execute(
            "select count(*) from ops.correction_ticket where state = 'open'"
        ).fetchone() or (0,)
        release = connection.execute(
            "select release_id, period, state, approved_by from ops.release order by release_id desc limit 1"
        ).fetchone()
        stages = connection.execute(
            "select stage, count(*), extract(epoch from sum(finished_at - started_at))::float8, sum(rows_out)"
            " from ops.stage_run where run_id = any(%s) group by stage order by min(started_at)",
            [names],
        ).fetchall()
        (seconds,) = connection.execute(
            "select coalesce(extract(epoch from max(finished_at) - min(started_at)), 0)::float8"
            " from ops.pipeline_run where run_id = any(%s)",
            [names],
        ).fetchone() or (0.0,)
    by_department = {name: dict.fromkeys(OUTCOMES, 0) for name in departments()}
    for dataset, *counts in ledger:
        sums = by_department[contracts()[dataset].department]
        for outcome, count in zip(OUTCOMES, counts, strict=True):
            sums[outcome] += int(count)
    return Summary(
        rows=by_department,
        new_deliveries=new,
        rejected=[reason for (reason,) in rejected],
        enterprises=enterprises,
        tickets_open=tickets_open,
        release=release,
        stages=[(stage, count, float(took), rows) for stage, count, took, rows in stages],
        seconds=float(seconds),
    )
