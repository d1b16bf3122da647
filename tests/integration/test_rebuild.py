"""Everything derived, made again from landed files and decisions: row for row as it was."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.settlement_scenarios import arrears, loan, taxpayer, vat
from tidu.contracts import contract
from tidu.errors import TiduError
from tidu.landing import land, store
from tidu.landing.reload import reload
from tidu.ledger.deliveries import Received, record_received
from tidu.ledger.proof import prove
from tidu.settings import settings
from tidu.validation import decisions, rebuild, validate
from tidu.validation.deliveries import withdraw
from tidu.validation.rebuild import settle_anew

pytestmark = pytest.mark.postgres
SIGNED = {"by": "审核员", "reason": "checked with the department"}
DATASETS = ("tx_vat_return", "tx_taxpayer", "fn_loan", "mi_arrears")
TABLES = (
    *(f"raw.{d}" for d in DATASETS), *(f"raw.{d}_repair" for d in DATASETS), "ops.accepted_row", "ops.row_set_aside",
    "ops.quarantine", "ops.row_ledger", "ops.decision", "ops.delivery",
)  # fmt: skip
DERIVED = tuple(t for t in TABLES if t not in ("ops.decision", "ops.delivery"))


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def receive(dataset: str, delivered_on: str, rows: Sequence[Mapping[str, Any]], folder: Path) -> int:
    """Let a file of these rows land as a department's would; return its delivery_id."""
    terms = contract(dataset)
    path = folder / f"{dataset}_{delivered_on}_{len(list(folder.iterdir()))}.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        written = csv.DictWriter(handle, terms.field_names, restval="")
        written.writerow({f.name: f.heading for f in terms.fields})
        written.writerows(rows)
    landed = store.keep(dataset, dt.date.fromisoformat(delivered_on), path)
    found = record_received(
        Received(
            dataset=dataset, delivered_on=dt.date.fromisoformat(delivered_on), transport=terms.transport,
            source_uri=f"folder:{path.name}", source_token="", sha256=landed.sha256, bytes=landed.bytes,
            landed_uri=landed.uri, contract_version=terms.version, announced_sha256=None, announced_rows=None,
        )
    )  # fmt: skip
    assert found is not None
    return found


def settle(dataset: str, delivered_on: str, rows: Sequence[Mapping[str, Any]], folder: Path) -> int:
    found = receive(dataset, delivered_on, rows, folder)
    land(dataset, "run")
    validate(dataset, "run", suite=False)
    return found


def contents(connection: psycopg.Connection) -> dict[str, list[str]]:
    found = {}
    for table in TABLES:
        query = f"select t::text from {table} as t order by 1"
        found[table] = [str(row) for (row,) in connection.execute(query.encode())]
    assert all(found[f"raw.{dataset}"] for dataset in DATASETS)
    return found


def number(connection: psycopg.Connection, delivery: int, row_no: int) -> int:
    row = connection.execute(
        "select quarantine_id from ops.quarantine where delivery_id = %s and row_no = %s", [delivery, row_no]
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def story(connection: psycopg.Connection, tmp_path: Path) -> dict[str, list[str]]:
    """Four datasets, each weighed in its own manner, with decisions between their passes; what there was in the end."""
    folder = tmp_path / "sent"
    folder.mkdir()

    # versions: a correction is held, repaired into a higher one, contradicted later, and a delivery is withdrawn
    first = settle("tx_vat_return", "2025-02-10", [vat("1"), vat("2"), vat("x")], folder)
    decisions.repair({number(connection, first, 3): {"version": "3"}}, **SIGNED)
    second = settle("tx_vat_return", "2025-03-10", [vat("3"), vat("4"), vat("4") | {"sales_yuan": "9"}], folder)
    withdraw(second, **SIGNED)
    settle("tx_vat_return", "2025-04-10", [vat("4"), vat("2")], folder)

    # the newest of a key by time
    settle("tx_taxpayer", "2025-02-10", [taxpayer("2025-02-01"), taxpayer("2025-02-01")], folder)
    late = receive("tx_taxpayer", "2025-03-10", [taxpayer("2025-03-01"), taxpayer("bad")], folder)
    receive("tx_taxpayer", "2025-03-01", [taxpayer("2025-02-20")], folder)
    land("tx_taxpayer", "run")
    validate("tx_taxpayer", "run", suite=False)
    decisions.discard([number(connection, late, 2)], **SIGNED)

    # snapshots: waived until a day, lapsed, waived again; another one repaired twice, then discarded
    loans = settle(
        "fn_loan", "2025-02-05", [loan("1"), loan("-1") | {"loan_no": "B"}, loan("-2") | {"loan_no": "C"}], folder
    )
    waived, spoiled = number(connection, loans, 2), number(connection, loans, 3)
    decisions.waive([waived], expires_on=dt.date(2025, 3, 1), **SIGNED)
    decisions.repair({spoiled: {"balance_wan": "2"}}, **SIGNED)
    decisions.repair({spoiled: {"balance_wan": "3"}}, by="科长", reason="once more")
    decisions.replay(["fn_loan"], as_of=dt.date(2025, 3, 2), **SIGNED)
    settle("fn_loan", "2025-03-05", [loan("1"), loan("2") | {"loan_no": "B"}], folder)
    decisions.waive([waived], by="科长", reason="for good")
    decisions.discard([spoiled], **SIGNED)

    # the current row of a key: what is let in displaces what stood behind it
    kept = settle("mi_arrears", "2025-02-01", [arrears("1"), arrears("-5"), arrears("1"), arrears("7")], folder)
    settle("mi_arrears", "2025-03-01", [arrears("2"), arrears("2")], folder)
    decisions.waive([number(connection, kept, 2)], **SIGNED)
    again = settle("mi_arrears", "2025-04-01", [arrears("2"), arrears("-5")], folder)
    decisions.repair({number(connection, again, 2): {"amount_wan": "5"}}, **SIGNED)
    receive("mi_arrears", "2025-05-01", [arrears("3")], folder)
    land("mi_arrears", "run")
    assert prove() == []
    return contents(connection)


def rebuild_all() -> dict[str, dict[str, int]]:
    found = {}
    for dataset in DATASETS:
        reload(dataset)
        found[dataset] = settle_anew(dataset).changed
    return found


def test_after_decisions_of_every_kind_every_row_comes_out_as_it_was(
    connection: psycopg.Connection, story: dict[str, list[str]]
) -> None:
    decided = connection.execute("select count(*), count(distinct kind) from ops.decision").fetchone()
    assert decided is not None and decided[0] >= 10 and decided[1] == 3
    states = {s for (s,) in connection.execute("select distinct state from ops.quarantine")}
    assert states >= {"open", "waived", "repaired", "discarded", "released"}
    assert rebuild_all() == {dataset: {} for dataset in DATASETS}
    after = contents(connection)
    for table in TABLES:
        assert after[table] == story[table], table
    assert prove() == []
    pending = connection.execute("select count(*) from ops.delivery where state = 'loaded'").fetchone()
    assert pending == (1,)
    validate("mi_arrears", "run", suite=False)
    assert prove() == []


def test_what_was_lost_or_spoiled_comes_back(connection: psycopg.Connection, story: dict[str, list[str]]) -> None:
    connection.execute(
        "update raw.fn_loan set balance_wan = '999'; delete from raw.mi_arrears where row_no = 1;"
        " insert into raw.tx_taxpayer (delivery_id, row_no) values (999999, 1);"
        " delete from ops.accepted_row where dataset = 'tx_vat_return'; truncate ops.row_set_aside;"
        " delete from raw.fn_loan_repair; update ops.quarantine set state = 'open', waived_rules = '{}'"
    )
    assert prove() != []
    changed = rebuild_all()
    assert changed["tx_vat_return"]["accepted_row"] > 0
    after = contents(connection)
    for table in DERIVED:
        assert after[table] == story[table], table
    assert prove() == []
    restated = connection.execute(
        "select count(*) from ops.delivery where restated <> restated_taken and dataset = 'tx_vat_return'"
    ).fetchone()
    assert restated and restated[0] > 0, "the next build takes in what was put right"


def test_a_crash_in_the_middle_leaves_all_as_it_was_and_is_repeated(
    connection: psycopg.Connection, story: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends the connection between two passes, and between two deliveries loaded again."""
    reload("mi_arrears")
    redone = rebuild.redo
    steps = []

    def broken_off(working: psycopg.Connection, *rest: Any) -> None:
        steps.append(rest)
        connection.execute("select pg_terminate_backend(%s)", [working.info.backend_pid])
        redone(working, *rest)

    monkeypatch.setattr(rebuild, "redo", broken_off)
    with pytest.raises(psycopg.OperationalError):
        settle_anew("mi_arrears")
    assert steps
    assert contents(connection) == story
    monkeypatch.undo()


def test_a_landed_file_that_is_gone_or_changed_stops_the_rebuild_with_its_name(
    connection: psycopg.Connection, story: dict[str, list[str]]
) -> None:
    (uri,) = connection.execute("select min(landed_uri) from ops.delivery where dataset = 'fn_loan'").fetchone() or (
        "",
    )
    path = Path(settings().landing_url) / uri
    content = path.read_bytes()
    path.chmod(0o640)
    path.write_bytes(content + b"\n")
    with pytest.raises(TiduError, match="has changed since it was received"):
        reload("fn_loan")
    path.unlink()
    with pytest.raises(TiduError, match="is not in the landing store"):
        reload("fn_loan")
    path.write_bytes(content)
    assert hashlib.sha256(content).hexdigest().startswith(path.name[:12])
    reload("fn_loan")
    assert contents(connection) == story
