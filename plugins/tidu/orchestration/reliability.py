"""What every DAG does when something goes wrong: retries, what is never retried, time limits, deadlines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import (  # type: ignore[attr-defined] # Airflow's own stub lacks the deadline classes
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    SyncCallback,
)

RETRIES = 3
RETRY_DELAY = dt.timedelta(seconds=10)
LONGEST_RETRY_DELAY = dt.timedelta(minutes=10)
TASK_LIMIT = dt.timedelta(hours=1)
RUN_LIMIT = dt.timedelta(hours=6)

NEVER_RETRIED = (
    "tidu.errors.ContractError",
    "tidu.errors.SettingsError",
    "tidu.errors.PolicyError",
    "tidu.errors.ReleaseBlocked",
    "builtins.PermissionError",
)
"""Errors that the same attempt would meet again: a person has to act first."""


def task_defaults(owner: str) -> dict[str, Any]:
    """Return the defaults of all tasks: retries with growing pauses, except where a retry is of no use."""
    return {
        "owner": owner,
        "retries": RETRIES,
        "retry_delay": RETRY_DELAY,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": LONGEST_RETRY_DELAY,
        "execution_timeout": TASK_LIMIT,
        "retry_policy": ExceptionRetryPolicy(
            rules=[
                RetryRule(exception=path, action=RetryAction.FAIL, reason="needs a person") for path in NEVER_RETRIED
            ]
        ),
    }


def deadline(dag_id: str, interval: dt.timedelta) -> DeadlineAlert:
    """Return an alert for runs that have not ended `interval` after they were queued."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=interval,
        callback=SyncCallback(
            "tidu.orchestration.alerts.record_missed_deadline",
            kwargs={"dag_id": dag_id, "minutes": int(interval.total_seconds() // 60)},
        ),
        name=f"{dag_id} is late",
    )
