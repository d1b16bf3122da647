"""Any sequence of deliveries and decisions leaves what a plain walk through the rows, decisions applied, comes to."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.test_validation_oracle import RECORDS, Oracle, Row, Sent, arrears, batches, loan, rows, taxpayer
from tests.unit.validation.delivering import deliver
from tidu.ledger.proof import prove
from tidu.validation import decisions, validate
from tidu.validation.deliveries import withdraw

pytestmark = pytest.mark.postgres
SIGNED = {"by": "审核员", "reason": "checked"}
WAIVED_UNTIL, AFTERWARDS = dt.date(2025, 6, 30), dt.date(2025, 7, 1)


def vat(row: Row) -> dict[str, str]:
    return {
        "taxpayer_no": row.key, "period": "2025-01", "version": str(row.version), "sales_yuan": row.content,
        "updated_at": "2026-02-01 08:00:00" if row.broken else "2025-02-01 08:00:00",
    }  # fmt: skip


def change(row: Row) -> dict[str, str]:
    return {
        "change_no": row.key, "entity_no": "E1", "value_after": row.content,
        "changed_on": "2026-02-01" if row.broken else "2025-02-01",
    }  # fmt: skip


DATASETS: dict[str, tuple[str, Callable[[Row], dict[str, str]], bool]] = {
    "tx_vat_return": ("versioned", vat, True),
    "tx_taxpayer": ("versioned", taxpayer, True),
    "ms_change_event": ("versioned", change, False),
    "mi_arrears": ("current", arrears, False),
    "fn_loan": ("snapshot", loan, False),
}


@dataclass(frozen=True)
class Decision:
    kind: str
    at: int
    """Which of the rows or deliveries it could be about, counted round."""
    corrected: Row


@dataclass
class Book:
    """What was delivered, pass by pass, and what was decided, in the words of the world outside."""

    manner: str
    versions: bool
    passes: list[list[tuple[int, Sent]]] = field(default_factory=list)
    corrected: dict[tuple[int, int], Row] = field(default_factory=dict)
    waived: set[tuple[int, int]] = field(default_factory=set)
    discarded: set[tuple[int, int]] = field(default_factory=set)
    withdrawn: set[int] = field(default_factory=set)

    def expected(self) -> dict[tuple[int, int], str]:
        oracle = Oracle(self.manner)
        found = {}
        for taken in self.passes:
            for delivery_id, sent in sorted(taken, key=lambda e: (e[1].day, e[0])):
                if delivery_id in self.withdrawn:
                    continue
                standing = tuple(self.standing(delivery_id, n, r) for n, r in enumerate(sent.rows, 1))
                outcomes = oracle.delivery((sent.day, delivery_id), standing)
                found |= {(delivery_id, n): o for n, o in enumerate(outcomes, 1)}
        return found

    def standing(self, delivery_id: int, row_no: int, row: Row) -> Row:
        place = (delivery_id, row_no)
        row = self.corrected.get(place, row)
        if not self.versions:
            row = dataclasses.replace(row, version=0)
        if row.broken and place in self.waived and place not in self.discarded:
            return dataclasses.replace(row, broken=False, content=f"{row.content} waived")
        return dataclasses.replace(row, broken=row.broken or place in self.discarded)


decided = st.builds(
    Decision, kind=st.sampled_from(["waive", "repair", "repair", "discard", "lapse", "withdraw"]), at=st.integers(0, 9),
    corrected=rows.map(lambda r: dataclasses.replace(r, broken=False)),
)  # fmt: skip
steps = st.lists(st.one_of(batches.map(lambda b: b[0]), decided, decided), min_size=2, max_size=8)


def decide(connection: psycopg.Connection, dataset: str, book: Book, decision: Decision) -> None:
    """Take the decision in the warehouse and in the book; leave both alone where there is nothing to decide about."""
    states = {"waive": ("open",), "repair": ("open", "repaired", "waived"), "discard": ("open", "repaired", "waived")}
    if decision.kind == "lapse":
        if decision.at % 2:
            decisions.replay([dataset], as_of=AFTERWARDS, **SIGNED)
        else:
            decisions.lapse_waivers(AFTERWARDS)
        book.waived.clear()
        return
    if decision.kind == "withdraw":
        ids = [
            i for (i,) in connection.execute("select delivery_id from ops.delivery where state = 'accepted' order by 1")
        ]
        if ids:
            book.withdrawn |= set(withdraw(ids[decision.at % len(ids)], **SIGNED))
        return
    held = connection.execute(
        "select q.quarantine_id, q.delivery_id, q.row_no, q.rules from ops.quarantine as q join ops.delivery as d using"
        " (delivery_id) where q.state = any(%s) and d.state = 'accepted'"
        " and (%s <> 'waive' or q.rules <> '{row:conflict}') order by 2, 3",
        [list(states[decision.kind]), decision.kind],
    ).fetchall()
    if not held:
        return
    number, delivery_id, row_no, _ = held[decision.at % len(held)]
    place = (delivery_id, row_no)
    if decision.kind == "waive":
        decisions.waive([number], expires_on=WAIVED_UNTIL, **SIGNED)
        book.waived.add(place)
    elif decision.kind == "discard":
        decisions.discard([number], **SIGNED)
        book.discarded.add(place)
    else:
        decisions.repair({number: DATASETS[dataset][1](decision.corrected)}, **SIGNED)
        book.corrected[place] = decision.corrected


FOUND = """
select delivery_id, row_no, 'accepted' from ops.accepted_row
union all select delivery_id, row_no, outcome from ops.row_set_aside
union all select delivery_id, row_no, 'quarantined' from ops.quarantine where state in ('open', 'discarded')
"""


def check_against(connection: psycopg.Connection, book: Book) -> None:
    listed = connection.execute(FOUND).fetchall()
    found = {(delivery_id, row_no): outcome for delivery_id, row_no, outcome in listed}
    assert len(found) == len(listed), "a row has two outcomes"
    assert found == book.expected()
    assert prove() == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_any_decisions_leave_what_settling_anew_would(warehouse: str, dataset: str) -> None:
    manner, fields, versions = DATASETS[dataset]
    with psycopg.connect(warehouse, autocommit=True) as connection:

        @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(steps)
        def check(story: list[list[Sent] | Decision]) -> None:
            for table in (
                *RECORDS, f"ops.accepted_row_{dataset}", f"raw.{dataset}", f"raw.{dataset}_repair", "ops.delivery",
            ):  # fmt: skip
                connection.execute(f"delete from {table}")
            book = Book(manner, versions)
            for step in story:
                if isinstance(step, Decision):
                    decide(connection, dataset, book, step)
                else:
                    sent = [
                        (deliver(connection, dataset, f"2025-03-0{s.day}", [fields(r) for r in s.rows]), s)
                        for s in step
                    ]
                    validate(dataset, "run", suite=False)
                    book.passes.append(sent)
                check_against(connection, book)

        check()
