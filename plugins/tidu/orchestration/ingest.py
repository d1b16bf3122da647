"""The ingest DAG of one department, made from its contracts: pull -> land -> validate for each dataset, then announce.

A new dataset needs a contract file and no line here. All pending deliveries are taken by one run, in order of date.
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import Any

from airflow.sdk import DAG, TriggerRule, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from tidu.contracts import contract, departments
from tidu.orchestration.assets import DEPARTMENT
from tidu.orchestration.occasion import endpoint, occasion
from tidu.orchestration.reliability import RUN_LIMIT, deadline, task_defaults
from tidu.orchestration.schedule import timetable
from tidu.orchestration.tags import Tag

LATE_AFTER = dt.timedelta(hours=2)
URGENCY = {"daily": 4, "weekly": 3, "monthly": 2, "irregular": 1, "yearly": 1}
"""Weight of a dataset's tasks where slots are scarce: what comes often is most, and begun last it would end last."""


def ingest_dag(department: str, doc_md: str | None) -> DAG:
    """Return the DAG `ingest_<department>`; `doc_md` is what operators read."""
    datasets = departments()[department]
    dag_id = f"ingest_{department}"
    with DAG(
        dag_id,
        schedule=timetable(department),
        max_active_runs=1,
        catchup=False,
        dagrun_timeout=RUN_LIMIT,
        default_args=task_defaults(datasets[0].owner),
        deadline=[deadline(dag_id, LATE_AFTER)],
        tags=[Tag.INGEST, Tag.department(department), Tag.IMPACT_DEPARTMENT],
        doc_md=doc_md,
    ) as dag:
        taken = [_dataset_group(found.name, department) for found in datasets]
        _announce(department)(taken)
    return dag


def _dataset_group(dataset: str, department: str) -> Any:
    """Return the task group of a dataset; its last task's result is the number of rows accepted."""
    weight = URGENCY[contract(dataset).cadence]

    @task_group(group_id=dataset, tooltip=contract(dataset).heading, default_args={"priority_weight": weight})
    def group() -> Any:
        pulled = pull.override(pool=department)(dataset, department)
        landed = land(dataset)
        validated = validate(dataset)
        pulled >> landed >> validated
        return validated

    return group()


@task
def pull(dataset: str, department: str) -> list[int]:
    """Bring new complete deliveries into the landing store. Skips the rest when nothing at all is waiting."""
    from tidu.connectors import connector_for
    from tidu.landing import pull as pull_deliveries
    from tidu.ledger import deliveries

    now = occasion()
    terms = contract(dataset)
    with closing(connector_for(terms, endpoint(department))) as connector:
        received = pull_deliveries(terms, connector, now.as_of, now.run_id)
    if not (deliveries.pending(dataset, "received") or deliveries.pending(dataset, "loaded")):
        raise AirflowSkipException(f"{dataset}: no new delivery up to {now.as_of}")
    return received


@task
def land(dataset: str) -> int:
    """Load every received delivery into its raw table, or reject it as a whole."""
    from tidu.landing import land as land_deliveries

    return land_deliveries(dataset, occasion().run_id)


@task
def validate(dataset: str) -> int:
    """Judge the loaded rows; return how many were accepted."""
    from tidu.validation import validate as validate_deliveries

    return validate_deliveries(dataset, occasion().run_id).rows_accepted


def _announce(department: str) -> Any:
    @task(outlets=[DEPARTMENT[department]], trigger_rule=TriggerRule.NONE_FAILED, retries=1)
    def announce(accepted: list[int | None], outlet_events: Any = None) -> None:
        """Tell Airflow that accepted deliveries wait for a build of the master, which starts one.

        The ledger knows, not the tasks before: one that was killed after its commit counts nothing when tried again.
        """
        from tidu.ledger import deliveries

        now = occasion()
        rows = sum(count or 0 for count in accepted)
        if not deliveries.unbuilt([found.name for found in departments()[department]]):
            raise AirflowSkipException("nothing accepted waits for a build")
        if not now.announce:
            raise AirflowSkipException("whoever started this run starts the build too")
        outlet_events[DEPARTMENT[department]].extra = {**now.extra(), "rows_accepted": rows}

    return announce
