"""The DAG that publishes: indicators of every complete month, then one release in one transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from tidu.orchestration.assets import DRAFT, FIGURES, RELEASE, TIERS, WAITING
from tidu.orchestration.occasion import occasion
from tidu.orchestration.reliability import RUN_LIMIT, deadline, task_defaults
from tidu.orchestration.tags import Tag

DAG_ID = "publish_monitoring"
LATE_AFTER = dt.timedelta(hours=1)


def monitoring_dag(owner: str, doc_md: str | None) -> DAG:
    """Return the DAG; tiers assessed anew start it, for the figures count who is ready for one."""
    with DAG(
        DAG_ID,
        schedule=[TIERS],
        max_active_runs=1,
        catchup=False,
        dagrun_timeout=RUN_LIMIT,
        default_args=task_defaults(owner),
        deadline=[deadline(DAG_ID, LATE_AFTER)],
        tags=[Tag.PUBLISH, Tag.IMPACT_CITY],
        doc_md=doc_md,
    ) as dag:
        monitor() >> release()
    return dag


@task(outlets=[FIGURES])
def monitor(outlet_events: Any = None) -> None:
    """Compute every indicator from the master and the seed pool; nothing is published yet."""
    from tidu.transform import build

    now = occasion()
    build("monitor", now.run_id, now.variables())
    outlet_events[FIGURES].extra = now.extra()


@task(outlets=[RELEASE, WAITING])
def release(outlet_events: Any = None) -> int:
    """Write the release, approved by the run's approver, or as draft when there is none: then a person is asked.

    Should the server have lost the figures since they were made, they are made again first.
    """
    from tidu.publishing import made_by, publish
    from tidu.serving.cockpit import file_cockpits
    from tidu.transform import build, figures_are_lost

    now = occasion()
    if figures_are_lost():
        build("monitor", now.run_id, now.variables())
    # a try that ended before it could announce its release is told of by the next one
    made = publish(now.as_of, now.run_id, now.approver) or made_by(now.run_id)
    file_cockpits()
    if made is None:
        raise AirflowSkipException("the newest release already holds these figures")
    told = {**now.extra(), "release_id": made}
    outlet_events[RELEASE].extra = told
    if not now.approver.strip():
        outlet_events[WAITING].add(DRAFT, extra=told)
    return made
