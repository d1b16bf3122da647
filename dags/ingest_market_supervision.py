"""Take what 市场监督管理局 delivers: registrations, change events, annual reports, irregularities and IP rights, over REST with a bearer token.

For whom: `build_enterprise_master`, which starts when this DAG announces newly accepted rows.
Each dataset walks `pull -> land -> validate`; a dataset without a new delivery is skipped.

| task fails | look at | do |
| --- | --- | --- |
| `pull` | the task's log: the department's system did not answer | retries run by themselves; then call the contact in the contract |
| `land` | `ops.delivery` in state `rejected`, column `reject_reason` | send the reason to the contact; a corrected delivery is taken by the next run |
| `validate` | `ops.validation_result` with severity `stop` | docs/runbooks/validation-failed.md |

Rows that broke a rule are no failure: they stand in `ops.quarantine` with every rule they broke.
Run it for a date with conf `{"as_of": "YYYY-MM-DD"}`; a repeated run changes nothing.
"""

from airflow.sdk import DAG

from tidu.orchestration.ingest import ingest_dag

dag: DAG = ingest_dag("market_supervision", doc_md=__doc__)
