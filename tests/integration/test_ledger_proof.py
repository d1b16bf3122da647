"""The ledger balances by counts and by checksums, and the proof finds whatever is changed behind its back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.unit.validation.delivering import deliver
from tests.unit.validation.dirt import dirty_rows
from tidu.contracts import contract, contracts
from tidu.contracts.derive.ddl import landing_ddl
from tidu.ledger.proof import prove
from tidu.validation import validate

pytestmark = pytest.mark.postgres


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


@pytest.fixture
def settled(connection: psycopg.Connection) -> psycopg.Connection:
    """Three datasets, one of each manner, with every outcome; one delivery repeated, one empty, one rejected."""
    for dataset in ("tx_vat_return", "mi_arrears", "fn_loan"):
        rows = dirty_rows(contract(dataset))
        first = deliver(connection, dataset, "2025-01-10", [*rows, rows[0]])
        deliver(connection, dataset, "2025-01-10", [*rows, rows[0]], repeats=first)
        deliver(connection, dataset, "2025-01-11", [])
        validate(dataset, "run", suite=False)
        rejected = deliver(connection, dataset, "2025-01-12", rows)
        connection.execute("update ops.delivery set state = 'rejected' where delivery_id = %s", [rejected])
    older = dirty_rows(contract("tx_vat_return"))[0]
    deliver(connection, "tx_vat_return", "2025-01-13", [older | {"version": "1"}])
    validate("tx_vat_return", "run", suite=False)
    return connection


def test_what_was_settled_is_proved(settled: psycopg.Connection) -> None:
    outcomes = settled.execute(
        "select sum(rows_accepted), sum(rows_quarantined), sum(rows_duplicate), sum(rows_superseded),"
        " count(*) filter (where keys_delivered <> 0) from ops.row_ledger"
    ).fetchone()
    assert outcomes is not None
    assert all(outcomes), outcomes
    assert prove() == []
    assert prove(["fn_loan"]) == []


TAMPERINGS = {
    "an accepted row is lost": ("delete from {accepted} where ctid = (select min(ctid) from {accepted})", "accepted"),
    "an accepted row is there twice": (
        "insert into ops.accepted_row select * from {accepted} limit 1", "accepted",
    ),
    "another row is accepted in its place": (
        "update {accepted} set row_hash = row_hash + 1 where row_no = 1", "accepted",
    ),
    "a quarantined row is gone": (
        "delete from ops.quarantine where dataset = 'tx_vat_return' and row_no = 5", "quarantined",
    ),
    "a quarantined row is let in without its outcome": (
        "update ops.quarantine set state = 'waived' where dataset = 'tx_vat_return' and row_no = 5", "quarantined",
    ),
    "a duplicate becomes superseded": (
        "update ops.row_set_aside set outcome = 'superseded' where dataset = 'tx_vat_return' and outcome = 'duplicate'",
        "duplicate",
    ),
    "a delivered row is gone": ("delete from raw.tx_vat_return where row_no = 1", "delivered"),
    "a delivered row has another key": ("update raw.tx_vat_return set taxpayer_no = 'X' where row_no = 1", "delivered"),
    "the ledger's row is gone": ("delete from ops.row_ledger where dataset = 'tx_vat_return'", "delivered"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERINGS)
def test_tampering_is_found(settled: psycopg.Connection, case: str) -> None:
    statement, what = TAMPERINGS[case]
    changed = settled.execute(statement.format(accepted="ops.accepted_row_tx_vat_return").encode())
    assert changed.rowcount > 0
    found = prove()
    assert {d.dataset for d in found} == {"tx_vat_return"}
    assert what in {d.what for d in found}
    assert found == prove(["tx_vat_return"])
    assert prove(["fn_loan", "mi_arrears"]) == []


def test_the_database_refuses_a_ledger_whose_checksums_do_not_balance(settled: psycopg.Connection) -> None:
    for change in ("keys_accepted = keys_accepted + 1", "keys_duplicate = null", "rows_accepted = rows_accepted + 1"):
        with pytest.raises(psycopg.errors.CheckViolation):
            settled.execute(f"update ops.row_ledger set {change}")


def test_rows_swapped_against_each_other_change_the_checksum(connection: psycopg.Connection) -> None:
    rows = [row for row in dirty_rows(contract("fn_loan"))[:2]]
    first = deliver(connection, "fn_loan", "2025-01-10", rows)
    second = deliver(connection, "fn_loan", "2025-01-11", rows[::-1])
    validate("fn_loan", "run", suite=False)
    keys = dict(connection.execute("select delivery_id, keys_delivered from ops.row_ledger").fetchall())
    assert keys[first] != keys[second]


def test_rows_settled_before_there_were_checksums_get_theirs(settled: psycopg.Connection) -> None:
    columns = [f"keys_{o}" for o in ("delivered", "accepted", "quarantined", "duplicate", "superseded")]
    before = settled.execute(f"select delivery_id, {', '.join(columns)} from ops.row_ledger order by 1").fetchall()
    settled.execute("alter table ops.row_ledger drop constraint row_ledger_keys_balance")
    settled.execute(f"update ops.row_ledger set {', '.join(f'{c} = null' for c in columns)}")
    for table in ("accepted_row", "row_set_aside", "quarantine"):
        settled.execute(f"update ops.{table} set row_hash = null")
    assert prove() != []
    for promised in contracts().values():
        settled.execute(landing_ddl(promised).encode())
    assert prove() == []
    after = settled.execute(f"select delivery_id, {', '.join(columns)} from ops.row_ledger order by 1").fetchall()
    assert before == after
