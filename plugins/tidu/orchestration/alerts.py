"""What happens when a run misses its deadline: a row in ops.alert_event, where the runbooks start from."""

from __future__ import annotations

from typing import Any

from tidu.ledger import alerts


def record_missed_deadline(dag_id: str, minutes: int, context: dict[str, Any] | None = None, **_: Any) -> None:
    """Enter the alert. Airflow calls this by name in a process of its own; a repeated call enters nothing twice."""
    run = (context or {}).get("dag_run") or {}
    run_id = str(run.get("dag_run_id") or run.get("run_id") or "unknown")
    alerts.record(
        "missed_deadline", f"{dag_id}:{run_id}", f"{dag_id} has not ended {minutes} minutes after it was queued"
    )
