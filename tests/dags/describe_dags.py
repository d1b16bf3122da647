"""Prints as JSON what Airflow reads from dags/ and plugins/; any attempt to open a socket ends it."""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

from airflow import plugins_manager
from airflow.configuration import conf
from airflow.dag_processing.dagbag import DagBag


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("reading DAGs must not touch the network or a database")


def main() -> None:
    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.getaddrinfo = refuse
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
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
