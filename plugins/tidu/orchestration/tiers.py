"""The DAG that assesses tiers: who qualifies for what, by the policies in force on the business date."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import DAG, task

from tidu.orchestration.assets import MASTER, TIERS
from tidu.orchestration.occasion import occasion
from tidu.orchestration.reliability import RUN_LIMIT, deadline, task_defaults
from tidu.orchestration.tags import Tag

DAG_ID = "assess_tiers"
LATE_AFTER = dt.timedelta(hours=1)


def tiers_dag(owner: str, doc_md: str | None) -> DAG:
    """Return the DAG; a new master starts it."""
    with DAG(
        DAG_ID,
        schedule=[MASTER],
        max_active_runs=1,
        catchup=False,
        dagrun_timeout=RUN_LIMIT,
        default_args=task_defaults(owner),
        deadline=[deadline(DAG_ID, LATE_AFTER)],
        tags=[Tag.TIER, Tag.IMPACT_CITY],
        doc_md=doc_md,
    ) as dag:
        tier()
    return dag


@task(outlets=[TIERS])
def tier(outlet_events: Any = None) -> None:
    """Assess every enterprise for every tier, and what follows: seed pool, holders' re-check, white list."""
    from tidu.transform import build

    now = occasion()
    build("tier", now.run_id, now.variables())
    outlet_events[TIERS].extra = now.extra()
