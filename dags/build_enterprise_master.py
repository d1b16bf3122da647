"""Build the enterprise master: who is who across the departments, with years and months.

For whom: every reader of schema `mart`, and `assess_tiers`, which starts when the master stands.
Starts when any department announces newly accepted rows; skips itself when nothing is new.

When `stage`, `link` or `mart` fails: `ops.dbt_node_run` names the model or test with its message;
docs/runbooks/build-failed.md. The last good tables stay. Run it again: deliveries stay marked until the marts stand.
Run it for a date with conf `{"as_of": "YYYY-MM-DD", "series_start": "YYYY-MM-DD"}`.
"""

from airflow.sdk import DAG

from tidu.orchestration.master import master_dag

dag: DAG = master_dag(owner="民营经济发展局", doc_md=__doc__)
