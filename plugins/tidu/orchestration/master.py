"""The DAG that builds the enterprise master: typed records, who is who, marts; one dbt process per stage."""

from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from tidu.orchestration.assets import DEPARTMENT, MASTER
from tidu.orchestration.occasion import occasion
from tidu.orchestration.reliability import RUN_LIMIT, deadline, task_defaults
from tidu.orchestration.tags import Tag

DAG_ID = "build_enterprise_master"
LATE_AFTER = dt.timedelta(hours=2)


def master_dag(owner: str, doc_md: str | None) -> DAG:
    """Return the DAG; any department's news starts it, one run at a time."""
    with DAG(
        DAG_ID,
        schedule=reduce(or_, DEPARTMENT.values()),
        max_active_runs=1,
        catchup=False,
        dagrun_timeout=RUN_LIMIT,
        default_args=task_defaults(owner),
        deadline=[deadline(DAG_ID, LATE_AFTER)],
        tags=[Tag.MASTER, Tag.IMPACT_CITY],
        doc_md=doc_md,
    ) as dag:
        stage() >> link() >> mart()
    return dag


@task
def stage() -> int:
    """End waivers that ran out, then type the accepted rows no build has taken yet.

    Skips the run when the master stands for the date and is released. A master that stands without a release was
    closed by a task that died before it could announce it.
    """
    from tidu.publishing import is_released
    from tidu.transform import begin_build, build, nothing_new
    from tidu.validation.decisions import lapse_waivers

    now = occasion()
    lapse_waivers(now.as_of)
    if nothing_new(now.as_of) and is_released(now.as_of):
        raise AirflowSkipException(f"nothing new was accepted; the master stands as of {now.as_of}")
    marked = begin_build(now.run_id)
    build("stage", now.run_id, now.variables())
    return len(marked)


@task
def link() -> None:
    """Decide which enterprise every typed record belongs to."""
    from tidu.transform import build

    now = occasion()
    build("link", now.run_id, now.variables())


@task(outlets=[MASTER])
def mart(outlet_events: Any = None) -> int:
    """Build the master, its years and months, close the build and announce it.

    Skips itself where another build took over what this one had begun to take in: that one closes and announces it.
    """
    from tidu.transform import build, finish_build, is_unfinished

    now = occasion()
    build("mart", now.run_id, now.variables())
    closed = finish_build(now.run_id)
    if not closed and is_unfinished():
        raise AirflowSkipException("another build took over the deliveries of this one; it announces them, or the next")
    outlet_events[MASTER].extra = now.extra()
    return closed
