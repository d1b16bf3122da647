"""Take what 财政局与地方金融管理局 delivers.

What: loans, guarantees, subsidies, listings, equity financing; XLSX over SFTP.
For whom: `build_enterprise_master`, which starts when this DAG announces newly accepted rows.
Each dataset walks `pull -> land -> validate`; a dataset without a new delivery is skipped.

When a task fails:

- `pull`: the department's system did not answer. Retries run by themselves;
  then docs/runbooks/department-unreachable.md.
- `land`: the warehouse or the landing store did not answer. A bad file is no failure: it stands in `ops.delivery` as
  `rejected` with its `reject_reason`: docs/runbooks/delivery-rejected.md.
- `validate`: the warehouse did not answer, or a suite could not be read; the log says which.

Rows that broke a rule are no failure: they stand in `ops.quarantine` with every rule they broke.
Run it for a date with conf `{"as_of": "YYYY-MM-DD"}`; a repeated run changes nothing.
"""

from airflow.sdk import DAG

from tidu.orchestration.ingest import ingest_dag

dag: DAG = ingest_dag("finance", doc_md=__doc__)
