"""The DAG that keeps the warehouse in order every day: tickets, returns to departments and districts, what is late."""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from tidu.orchestration.occasion import occasion
from tidu.orchestration.reliability import RUN_LIMIT, deadline, task_defaults
from tidu.orchestration.schedule import after_the_builds
from tidu.orchestration.tags import Tag

DAG_ID = "maintain_warehouse"
LATE_AFTER = dt.timedelta(hours=1)


def maintenance_dag(owner: str, doc_md: str | None) -> DAG:
    """Return the DAG; it runs once a day, whether or not anything was delivered."""
    with DAG(
        DAG_ID,
        schedule=after_the_builds(),
        max_active_runs=1,
        catchup=False,
        dagrun_timeout=RUN_LIMIT,
        default_args=task_defaults(owner),
        deadline=[deadline(DAG_ID, LATE_AFTER)],
        tags=[Tag.MAINTAIN, Tag.IMPACT_DEPARTMENT],
        doc_md=doc_md,
    ) as dag:
        tickets() >> [returns(), district_returns()]
        freshness()
    return dag


@task
def tickets() -> int:
    """Open and close correction tickets by what the ledger and the master say; return how many changed."""
    from tidu.ledger import runs
    from tidu.ledger.tickets import refresh

    now = occasion()
    change = refresh(now.as_of)
    moved = change.opened + change.changed + change.settled
    runs.add_rows(now.run_id, change.looked_at, moved)
    return moved


@task
def returns() -> int:
    """Write each department's return; return how many were written. Skips itself when the last ones say it all."""
    from tidu.ledger import runs
    from tidu.ledger.returns import write_returns

    now = occasion()
    written = write_returns(now.as_of)
    if not written:
        raise AirflowSkipException(f"every department has its return of {now.as_of}")
    runs.add_rows(now.run_id, 0, len(written))
    return len(written)


@task
def district_returns() -> int:
    """Write each district's package; return how many were written. Skips itself when the last ones say it all."""
    from tidu.ledger import runs
    from tidu.serving.returning import write_packages

    now = occasion()
    written = write_packages(now.as_of)
    if not written:
        raise AirflowSkipException("every district has its package, or no release is published yet")
    runs.add_rows(now.run_id, 0, len(written))
    return len(written)


@task
def freshness() -> list[str]:
    """Raise an alert for each dataset that is late by its contract, and each month that is due; return the new ones."""
    from tidu.ledger import runs
    from tidu.ledger.freshness import alert_late
    from tidu.publishing.timetable import alert

    now = occasion()
    raised = [*alert_late(now.as_of), *alert(now.as_of)]
    runs.add_rows(now.run_id, 0, len(raised))
    return raised
