"""The proof of the ledger: each delivered row has exactly one outcome, shown anew from raw and the outcomes themselves.

Per delivery, rows and row hashes are summed three times: from raw, from what the outcomes left behind, and as
ops.row_ledger has them. All datasets are compared in one query. It adds and never joins rows to rows: four passes over
what is stored, in memory of the size of the list of deliveries.
"""

# ruff: noqa: S608 - SQL is composed from contract names only

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from psycopg.rows import class_row

from tidu.contracts import DatasetContract, contracts
from tidu.contracts.derive.row_hash import row_hash_sql
from tidu.ledger.database import connect

OUTCOMES = ("accepted", "quarantined", "duplicate", "superseded")


@dataclass(frozen=True)
class Difference:
    """One delivery whose rows do not come out, by one way of counting."""

    dataset: str
    delivery_id: int
    what: str
    """delivered (raw against the ledger), an outcome (its records against it), or settled (outcomes against raw)."""
    rows_found: int
    rows_expected: int
    keys_found: Decimal
    keys_expected: Decimal

    def __str__(self) -> str:
        keys = "" if self.keys_found == self.keys_expected else ", and the sums of their hashes differ"
        return (
            f"{self.dataset} delivery {self.delivery_id}: {self.what}: {self.rows_found} rows where"
            f" {self.rows_expected} are expected{keys}"
        )


def prove(datasets: Iterable[str] | None = None) -> list[Difference]:
    """Compare raw, outcomes and ledger of all datasets (or some); return what differs, in order. Changes nothing."""
    chosen = list(contracts().values()) if datasets is None else [contracts()[name] for name in datasets]
    with connect() as connection, connection.cursor(row_factory=class_row(Difference)) as cursor:
        cursor.execute(proof_sql(chosen).encode())
        return cursor.fetchall()


def proof_sql(chosen: Iterable[DatasetContract]) -> str:
    """Return the one query: a row per delivery and way of counting that differs; none when the ledger holds."""
    raw, accepted = [], []
    for contract in chosen:
        name = contract.name
        raw.append(
            f"select '{name}' as dataset, r.delivery_id, count(*) as n, sum({row_hash_sql(contract)}) as k"
            f" from raw.{name} as r group by r.delivery_id"
        )
        accepted.append(
            f"select '{name}' as dataset, delivery_id, 'accepted' as outcome, count(*) as n, sum(row_hash) as k"
            f" from ops.accepted_row_{name} group by delivery_id"
        )
    names = ", ".join(f"'{contract.name}'" for contract in chosen)
    return f"""
with raw_total as (
    {_union(raw)}
),
outcome_total as (
    {_union(accepted)}
    union all
    select dataset, delivery_id, outcome, count(*), sum(row_hash)
    from ops.row_set_aside where dataset in ({names}) group by dataset, delivery_id, outcome
    union all
    select dataset, delivery_id, 'quarantined', count(*), sum(row_hash)
    from ops.quarantine where dataset in ({names}) and state in ('open', 'discarded') group by dataset, delivery_id
),
settled as (
    select dataset, delivery_id from ops.delivery where state = 'accepted' and dataset in ({names})
    union
    select dataset, delivery_id from ops.row_ledger where dataset in ({names})
    union
    select dataset, delivery_id from outcome_total
),
line as (
    select s.dataset, s.delivery_id, o.what, o.place, o.n, o.k
    from settled as s
    left join ops.row_ledger as l using (delivery_id)
    cross join lateral (values
        ('delivered', 0, l.rows_delivered, l.keys_delivered), ('accepted', 1, l.rows_accepted, l.keys_accepted),
        ('quarantined', 2, l.rows_quarantined, l.keys_quarantined),
        ('duplicate', 3, l.rows_duplicate, l.keys_duplicate),
        ('superseded', 4, l.rows_superseded, l.keys_superseded)
    ) as o (what, place, n, k)
),
compared as (
    select e.dataset, e.delivery_id, e.what, e.place, coalesce(r.n, o.n, 0) as rows_found,
        coalesce(e.n, 0) as rows_expected, coalesce(r.k, o.k, 0) as keys_found, coalesce(e.k, 0) as keys_expected
    from line as e
    left join raw_total as r on e.what = 'delivered' and r.dataset = e.dataset and r.delivery_id = e.delivery_id
    left join outcome_total as o on o.dataset = e.dataset and o.delivery_id = e.delivery_id and o.outcome = e.what
    union all
    select s.dataset, s.delivery_id, 'settled', 5, coalesce(o.n, 0), coalesce(r.n, 0), coalesce(o.k, 0),
        coalesce(r.k, 0)
    from settled as s
    left join raw_total as r using (dataset, delivery_id)
    left join (
        select dataset, delivery_id, sum(n) as n, sum(k) as k from outcome_total group by dataset, delivery_id
    ) as o using (dataset, delivery_id)
)
select dataset, delivery_id, what, rows_found::bigint, rows_expected::bigint, keys_found, keys_expected
from compared
where rows_found <> rows_expected or keys_found <> keys_expected
order by dataset, delivery_id, place
"""


def _union(queries: list[str]) -> str:
    return "\n    union all\n    ".join(queries)
