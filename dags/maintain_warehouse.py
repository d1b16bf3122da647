"""Keep the warehouse in order: correction tickets, what departments and districts are handed back, what is late.

For whom: the departments, which find their open tickets under `returns/<department>/` in the state folder, the
districts, which find their packages under `returns/districts/<code>/`, and whoever watches `ops.alert_event`. Runs
every day after the builds, also when nothing was delivered: that is when data grow old.

When a task fails:

- `tickets`: the warehouse did not answer, or the date lies before the one maintained last; the log says which.
- `returns`: the state folder cannot be written. What was written stays; run it again.
- `district_returns`: the same; or the server cannot keep a session to one district (docs/district-returns.md).
- `freshness`: the warehouse did not answer. An alert it raised: docs/runbooks/delivery-late.md.

Run it for a date with conf `{"as_of": "YYYY-MM-DD"}`; a repeated run changes nothing.
"""

from airflow.sdk import DAG

from tidu.orchestration.maintenance import maintenance_dag

dag: DAG = maintenance_dag(owner="民营经济发展局", doc_md=__doc__)
