"""The DAG that asks a person whether a draft shall be published, and does what the answer says.

It is a DAG of its own: a question may stand for days, and meanwhile `publish_monitoring` has to make the next figures.
Only a draft starts it, so a run with an approver pays nothing for it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import AirflowSkipException

from tidu.orchestration.assets import DRAFT
from tidu.orchestration.occasion import occasion
from tidu.orchestration.reliability import deadline, task_defaults
from tidu.orchestration.tags import Tag

DAG_ID = "publish_release"
LATE_AFTER = dt.timedelta(days=3)
ANSWER_WITHIN = dt.timedelta(days=30)
RUN_LIMIT = ANSWER_WITHIN + dt.timedelta(days=1)
RELEASE_KEY = "release_id"
REASON = "reason"


class ReleaseApproval(ApprovalOperator):  # type: ignore[misc]
    """Asks about the newest draft; publishes it in the name of whoever approves, records who rejects and why.

    Skips itself when no draft waits: approved on the command line meanwhile, or followed by a newer one.
    """

    def execute(self, context: Any) -> Any:
        """Ask. The task then waits (state `awaiting_input`) without a worker."""
        from tidu.publishing.files import shelf
        from tidu.publishing.question import question
        from tidu.serving.cockpit import file_cockpits

        # a try that published and ended before the files lay there is completed by the next one
        shelf.fill()
        file_cockpits()
        asked = question()
        if asked is None:
            raise AirflowSkipException("no draft waits for approval")
        self.subject, self.body = asked.subject, asked.body
        context["ti"].xcom_push(key=RELEASE_KEY, value=asked.release_id)
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Do what was answered."""
        from tidu.ledger import runs
        from tidu.publishing import approve, reject
        from tidu.publishing.files import shelf
        from tidu.publishing.question import question
        from tidu.serving.cockpit import file_cockpits

        answer = super().execute_complete(context, event)
        release_id = context["ti"].xcom_pull(task_ids=self.task_id, key=RELEASE_KEY)
        now = question()
        if now is None or now.release_id != release_id:
            # it may have been this very task that published it, in a try that ended before all its files lay there
            shelf.fill()
            file_cockpits()
            raise AirflowSkipException(
                f"release {release_id} does not wait any more; see `tidu release show {release_id}`"
            )
        by = answer["responded_by_user"]["name"]
        reason = str(answer["params_input"].get(REASON) or "")
        if self.APPROVE in answer["chosen_options"]:
            approve(release_id, by, reason or "approved in Airflow")
            file_cockpits()
        else:
            reject(release_id, by, reason or "rejected in Airflow")
        runs.add_rows(occasion().run_id, 1, 1)
        return release_id


def approval_dag(owner: str, doc_md: str | None) -> DAG:
    """Return the DAG; a release that waits as draft starts it."""
    with DAG(
        DAG_ID,
        schedule=[DRAFT],
        max_active_runs=1,
        catchup=False,
        dagrun_timeout=RUN_LIMIT,
        default_args=task_defaults(owner),
        deadline=[deadline(DAG_ID, LATE_AFTER)],
        tags=[Tag.PUBLISH, Tag.IMPACT_CITY],
        doc_md=doc_md,
    ) as dag:
        ReleaseApproval(
            task_id="approve",
            subject="A draft waits for approval",
            params={REASON: Param("", type=["null", "string"], title="理由 Reason")},
            response_timeout=ANSWER_WITHIN,
        )
    return dag
