"""Prints as JSON what Airflow reads from dags/ and plugins/; any attempt to open a socket ends it."""

from __future__ import annotations

import datetime as dt
import json
import socket
import sys
from typing import Any

from airflow import plugins_manager
from airflow.configuration import conf
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from tidu.settings import settings


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("reading DAGs must not touch the network or a database")


def first_run(dag: Any) -> str | None:
    """Return when the scheduler, which knows only what was serialized, would first run a DAG it has never seen."""
    stored = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    found = DagSerialization.from_dict(stored).timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(earliest=None, latest=None, catchup=False)
    )
    return found.run_after.isoformat() if found else None


def _assets(timetable: Any) -> list[str]:
    condition = getattr(timetable, "asset_condition", None)
    return [] if condition is None else sorted(asset.name for asset in condition.objects)


def main() -> None:
    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.getaddrinfo = refuse
    described_at = dt.datetime.now(dt.UTC)
    heavy_before = set(sys.modules)
    bag = DagBag(conf.get("core", "dags_folder"))
    loaded = set(sys.modules) - heavy_before
    plugins_manager.get_fastapi_plugins()
    dags = {
        dag_id: {
            "file": dag.fileloc,
            "tags": sorted(dag.tags),
            "doc_md": dag.doc_md or "",
            "max_active_runs": dag.max_active_runs,
            "catchup": dag.catchup,
            "start_date": str(dag.start_date) if dag.start_date else None,
            "run_seconds": dag.dagrun_timeout.total_seconds() if dag.dagrun_timeout else None,
            "deadlines": [alert.name for alert in dag.deadline or []],
            "timetable": type(dag.timetable).__name__,
            "cron": getattr(dag.timetable, "expression", None),
            "first_run": first_run(dag),
            "scheduled_by": _assets(dag.timetable),
            "tasks": {
                task.task_id: {
                    "owner": task.owner,
                    "pool": task.pool,
                    "retries": task.retries,
                    "seconds": task.execution_timeout.total_seconds() if task.execution_timeout else None,
                    "policy": type(task.retry_policy).__name__,
                    "upstream": sorted(task.upstream_task_ids),
                    "outlets": [asset.name for asset in task.outlets],
                }
                for task in dag.tasks
            },
        }
        for dag_id, dag in bag.dags.items()
    }
    heavy = sorted(loaded & {"pandas", "polars", "great_expectations", "dbt", "pyarrow", "splink", "duckdb"})
    print(  # noqa: T201
        json.dumps(
            {
                "dags": dags,
                "import_errors": {str(k): str(v) for k, v in bag.import_errors.items()},
                "plugin_errors": {str(k): str(v) for k, v in plugins_manager.get_import_errors().items()},
                "heavy": heavy,
                "ask_hour": settings().ask_hour,
                "described_at": described_at.isoformat(),
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
