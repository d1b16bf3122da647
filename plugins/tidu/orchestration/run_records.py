"""Keeps ops.pipeline_run in step with Airflow's runs: a listener in the scheduler, so that it needs no task.

It hears of every run, also of those that fail, time out or are ended by hand. Should the warehouse be away, Airflow
logs the error and goes on; the next change of the run is recorded again.
"""

from __future__ import annotations

from typing import Any

from airflow.listeners import hookimpl

OURS = ("ingest_", "build_", "publish_", "assess_", "maintain_")


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:
    """Open the run in the ledger."""
    if dag_run.dag_id.startswith(OURS):
        from tidu.ledger import runs

        runs.start_run(_name(dag_run), dag_run.dag_id, dag_run.logical_date)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Close the run as success, or as skipped when it took nothing new in."""
    _close(dag_run, "success")


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Close the run as failed."""
    _close(dag_run, "failed")


def _close(dag_run: Any, state: Any) -> None:
    if not dag_run.dag_id.startswith(OURS):
        return
    from tidu.ledger import runs

    name = _name(dag_run)
    try:
        runs.finish_run(name, state)
    except KeyError:
        # it was never opened: the warehouse was away when the run began
        runs.start_run(name, dag_run.dag_id, dag_run.logical_date)
        runs.finish_run(name, state)


def _name(dag_run: Any) -> str:
    return f"{dag_run.dag_id}:{dag_run.run_id}"
