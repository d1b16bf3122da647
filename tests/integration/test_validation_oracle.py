"""Settlement of any history in any grouping equals a plain walk through the rows, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.validation.delivering import deliver, outcomes
from tidu.validation import validate

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Row:
    key: str
    version: int
    content: str
    broken: bool


@dataclass(frozen=True)
class Sent:
    day: int
    rows: tuple[Row, ...]


@dataclass
class Oracle:
    """The semantics of interface.md section 1, told row by row."""

    manner: str
    accepted: list[tuple[tuple[int, int], Row]] = field(default_factory=list)

    def delivery(self, order: tuple[int, int], rows: tuple[Row, ...]) -> list[str]:
        sound = [(n, r) for n, r in enumerate(rows) if not r.broken]
        verdicts = {n: "quarantined" for n, r in enumerate(rows) if r.broken}
        for key in sorted({r.key for _, r in sound}):
            verdicts |= getattr(self, self.manner)(order, [(n, r) for n, r in sound if r.key == key])
        return [verdicts[n] for n in range(len(rows))]

    def versioned(self, order: tuple[int, int], rows: list[tuple[int, Row]]) -> dict[int, str]:
        key = rows[0][1].key
        best_before = max((a.version for _, a in self.accepted if a.key == key), default=-1)
        best_here = max(r.version for _, r in rows)
        taken = None
        if best_here > best_before:
            taken = next(n for n, r in rows if r.version == best_here)
            self.accepted.append((order, dict(rows)[taken]))
        verdicts = {} if taken is None else {taken: "accepted"}
        for n, r in rows:
            if n != taken:
                same = [a.content for _, a in self.accepted if (a.key, a.version) == (key, r.version)]
                verdicts[n] = "superseded" if not same else "duplicate" if same[0] == r.content else "quarantined"
        return verdicts

    def snapshot(self, order: tuple[int, int], rows: list[tuple[int, Row]]) -> dict[int, str]:
        (first, row), *others = rows
        return {first: "accepted"} | {n: "duplicate" if r.content == row.content else "quarantined" for n, r in others}

    def current(self, order: tuple[int, int], rows: list[tuple[int, Row]]) -> dict[int, str]:
        earlier = [(o, a) for o, a in self.accepted if a.key == rows[0][1].key]
        now = max(earlier, key=lambda e: e[0])[1].content if earlier else None
        taken: Row | None = None
        verdicts = {}
        for n, r in rows:
            if taken is None and r.content != now:
                taken = r
                self.accepted.append((order, r))
                verdicts[n] = "accepted"
            else:
                verdicts[n] = "duplicate" if r.content == (taken.content if taken else now) else "quarantined"
        return verdicts


def vat(row: Row) -> dict[str, str]:
    return {
        "taxpayer_no": row.key, "period": "2025-01", "version": "" if row.broken else str(row.version),
        "sales_yuan": row.content, "updated_at": "2025-02-01 08:00:00",
    }  # fmt: skip


def taxpayer(row: Row) -> dict[str, str]:
    return {
        "taxpayer_no": row.key, "taxpayer_id": "9", "taxpayer_name": "无" if row.broken else "甲公司",
        "address": row.content, "updated_at": f"2025-02-01T08:00:0{row.version}",
    }  # fmt: skip


def change(row: Row) -> dict[str, str]:
    return {
        "change_no": row.key, "entity_no": "E1", "value_after": row.content,
        "changed_on": "2025-02-30" if row.broken else "2025-02-01",
    }  # fmt: skip


def arrears(row: Row) -> dict[str, str]:
    return {
        "complaint_no": row.key, "creditor_name": "甲公司", "amount_wan": row.content,
        "paid_wan": "-1" if row.broken else "0", "filed_on": "2025-02-01",
    }  # fmt: skip


def loan(row: Row) -> dict[str, str]:
    return {
        "loan_no": row.key, "borrower_name": "测试企业" if row.broken else "甲公司", "balance_wan": row.content,
    }  # fmt: skip


DATASETS: dict[str, tuple[str, Callable[[Row], dict[str, str]], bool]] = {
    "tx_vat_return": ("versioned", vat, True),
    "tx_taxpayer": ("versioned", taxpayer, True),
    "ms_change_event": ("versioned", change, False),
    "mi_arrears": ("current", arrears, False),
    "fn_loan": ("snapshot", loan, False),
}

RECORDS = ("ops.row_set_aside", "ops.row_ledger", "ops.quarantine", "ops.validation_result", "ops.validation_run")
"""What a history leaves; emptied row by row, a hundred times as fast as truncating all partitions."""

rows = st.builds(
    Row, key=st.sampled_from("AB"), version=st.integers(1, 3), content=st.sampled_from(["1", "2", "3"]),
    broken=st.sampled_from([False, False, False, False, True]),
)  # fmt: skip
sent = st.builds(Sent, day=st.integers(1, 3), rows=st.lists(rows, max_size=5).map(tuple))
batches = st.lists(st.lists(sent, min_size=1, max_size=4), min_size=1, max_size=3)


@pytest.mark.parametrize("dataset", DATASETS)
def test_any_history_settles_as_row_by_row(warehouse: str, dataset: str) -> None:
    manner, fields, versions = DATASETS[dataset]
    with psycopg.connect(warehouse, autocommit=True) as connection:

        @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(batches)
        def check(history: list[list[Sent]]) -> None:
            for table in (*RECORDS, f"ops.accepted_row_{dataset}", f"raw.{dataset}", "ops.delivery"):
                connection.execute(f"delete from {table}")
            oracle = Oracle(manner)
            for batch in history:
                ids = {}
                for s in batch:
                    ids[deliver(connection, dataset, f"2025-03-0{s.day}", [fields(r) for r in s.rows])] = s
                validate(dataset, "run", suite=False)
                for delivery_id, s in sorted(ids.items(), key=lambda e: (e[1].day, e[0])):
                    judged = s.rows if versions else tuple(Row(r.key, 0, r.content, r.broken) for r in s.rows)
                    expected = oracle.delivery((s.day, delivery_id), judged)
                    assert outcomes(connection, delivery_id) == expected, (history, s)

        check()
