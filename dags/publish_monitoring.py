"""Publish the city and district tables: indicators of every complete month, written as one release.

For whom: readers of schema `publish`. Starts when `assess_tiers` has assessed the tiers of a new master.
A release is approved by the run's approver (TIDU_RELEASE_APPROVER); without one it waits as draft for a person.

When a task fails:

- `monitor`: `ops.dbt_node_run` names the model or test with its message; docs/runbooks/build-failed.md.
- `release`: the log names the identity that does not hold; docs/runbooks/release-blocked.md. Nothing was published.
"""

from airflow.sdk import DAG

from tidu.orchestration.monitoring import monitoring_dag

dag: DAG = monitoring_dag(owner="民营经济发展局", doc_md=__doc__)
