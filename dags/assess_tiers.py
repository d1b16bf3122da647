"""Assess the tiers: who qualifies for what, by which clause, on what evidence, and what is missing.

For whom: readers of `mart.tier_assessment`, `mart.seed_pool` and the other tables of tiers. Starts when
`build_enterprise_master` has announced a new master; `publish_monitoring` follows.

When `tier` fails:

- a policy cannot be honoured: the log names file, line and reason; `tidu policy check` says the same. Mend the file.
- a model or test failed: `ops.dbt_node_run` names it; docs/runbooks/build-failed.md. Earlier dates stay as they are.
- the date was assessed before a later one: tiers of past dates are kept, not made again.
"""

from airflow.sdk import DAG

from tidu.orchestration.tiers import tiers_dag

dag: DAG = tiers_dag(owner="民营经济发展局", doc_md=__doc__)
