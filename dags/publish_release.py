"""Ask a person whether a release that waits as draft shall be published.

For whom: whoever approves releases. Starts when `publish_monitoring` has left a draft, which it does where no approver
is set (TIDU_RELEASE_APPROVER). The question stands under "Required Actions" in Airflow's pages: Approve publishes the
draft in the name of who answers, Reject leaves it as draft with the reason on record; `tidu release approve` and
`tidu release reject` do the same.

When `approve` fails: nobody answered within 30 days, or the figures break an identity
(docs/runbooks/release-blocked.md). The draft stays; clear the task to ask again. A draft that a newer one has replaced
is asked about no more: the task skips itself, and the next run asks about the newer one.
"""

from airflow.sdk import DAG

from tidu.orchestration.approval import approval_dag

dag: DAG = approval_dag(owner="民营经济发展局", doc_md=__doc__)
