"""The commands reviewers use: `tidu quarantine`, `tidu delivery`, `tidu ledger`."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from tests.integration.settlement_scenarios import arrears, loan
from tests.unit.validation.delivering import deliver
from tidu.cli import build
from tidu.errors import DecisionRefused
from tidu.validation import validate

pytestmark = pytest.mark.postgres
SIGNED = ["--by", "审核员", "--reason", "checked"]


def tidu(*arguments: str, code: int = 0) -> str:
    """Run a command; return what it printed. Errors tidu raises on purpose pass through."""
    done = CliRunner().invoke(build(), list(arguments))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def held(warehouse: str) -> dict[str, str]:
    """Three open rows, by key; and a held snapshot."""
    with psycopg.connect(warehouse, autocommit=True) as connection:
        rows = [arrears("1"), *(arrears("-1") | {"complaint_no": f"C{n}"} for n in (7, 8, 9))]
        deliver(connection, "mi_arrears", "2025-03-01", rows)
        validate("mi_arrears", "run", suite=False)
        deliver(connection, "fn_loan", "2025-01-31", [loan("1") | {"loan_no": f"L{n}"} for n in range(50)])
        deliver(connection, "fn_loan", "2025-02-28", [loan("1")])
        validate("fn_loan", "run", suite=False)
        found = connection.execute("select source_key, quarantine_id::text from ops.quarantine").fetchall()
        return dict(found)


def test_rows_are_listed_shown_and_decided_about(held: dict[str, str], tmp_path: Path) -> None:
    listed = tidu("quarantine", "list", "--dataset", "mi_arrears", "--rule", "amount_wan:minimum")
    assert all(key in listed for key in ("C7", "C8", "C9"))
    assert "more than 1 rows" in tidu("quarantine", "list", "--limit", "1")
    assert "1 waived (accepted)" in tidu("quarantine", "waive", held["C7"], "--expires-on", "2025-06-30", *SIGNED)
    corrections = tmp_path / "corrections.csv"
    corrections.write_text(
        f"quarantine_id,field,value\n{held['C8']},amount_wan,8\n{held['C8']},paid_wan,\n", "utf-8-sig"
    )
    assert "1 repaired (accepted)" in tidu("quarantine", "repair", "--file", str(corrections), *SIGNED)
    assert "1 repaired" in tidu("quarantine", "repair", held["C7"], "--set", "amount_wan=7", *SIGNED)
    assert "1 discarded (quarantined)" in tidu("quarantine", "discard", held["C9"], *SIGNED)
    shown = tidu("quarantine", "show", held["C8"])
    assert all(
        text in shown for text in ("state repaired, by 审核员: checked", "amount_wan", "-1", "minimum", "override")
    )
    assert "until 2025-06-30" in tidu("quarantine", "show", held["C7"])
    assert "C9" not in tidu("quarantine", "list")
    assert "C9" in tidu("quarantine", "list", "--state", "all")
    assert "nothing moves" in tidu("quarantine", "replay", "--as-of", "2025-07-01", "--dataset", "fn_loan", *SIGNED)
    assert "24 datasets proved" in tidu("ledger", "prove")
    assert "1 datasets proved" in tidu("ledger", "prove", "--dataset", "fn_loan")


def test_what_is_wrong_is_said(held: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    for text, message in (
        ("id,field,value\n", "the first line must be quarantine_id,field,value"),
        ("quarantine_id,field,value\nx,a,1\n", "line 2: expected a number, a field and a value"),
        ("quarantine_id,field,value\n1,a,1\n1,a,2\n", "line 3: a of row 1 is given twice"),
    ):
        broken.write_text(text, encoding="utf-8")
        with pytest.raises(DecisionRefused, match=message):
            tidu("quarantine", "repair", "--file", str(broken), *SIGNED)
    with pytest.raises(DecisionRefused, match="no quarantined row 999"):
        tidu("quarantine", "show", "999")
    with pytest.raises(DecisionRefused, match="breaks amount_wan:minimum"):
        tidu("quarantine", "repair", held["C7"], "--set", "amount_wan=-2", *SIGNED)
    assert "is no date" in tidu("quarantine", "replay", "--as-of", "never", *SIGNED, code=2)
    assert "is not FIELD=VALUE" in tidu("quarantine", "repair", held["C7"], "--set", "amount_wan", *SIGNED, code=2)
    assert "--file alone" in tidu("quarantine", "repair", held["C7"], *SIGNED, code=2)
    assert "Missing option" in tidu("quarantine", "discard", held["C7"], code=2)
    assert "is none of" in tidu("quarantine", "list", "--state", "closed", code=2)


def test_deliveries_are_listed_shown_accepted_and_withdrawn(held: dict[str, str], warehouse: str) -> None:
    waiting = tidu("delivery", "list", "--held")
    assert "1 rows where the" in waiting.replace("\n", " ")
    with psycopg.connect(warehouse) as connection:
        (number,) = connection.execute("select delivery_id from ops.delivery where state = 'validated'").fetchone() or (
            0,
        )
    assert f"settled: {number}; 1 rows accepted" in tidu("delivery", "accept", str(number), *SIGNED)
    assert "decision 1 (exception, active) by 审核员" in tidu("delivery", "show", str(number))
    assert f"withdrawn: {number}" in tidu("delivery", "withdraw", str(number), *SIGNED)
    assert "rejected" in tidu("delivery", "list", "--dataset", "fn_loan")
    assert "mi_arrears" in tidu("delivery", "list", "--state", "accepted")
    with pytest.raises(DecisionRefused, match="no delivery 999"):
        tidu("delivery", "show", "999")


def test_a_ledger_that_does_not_hold_is_told_by_delivery(held: dict[str, str], warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("delete from ops.accepted_row where dataset = 'mi_arrears'")
    said = tidu("ledger", "prove", code=1)
    assert "mi_arrears delivery 1: accepted: 0 rows where 1 are expected, and the sums of their hashes differ" in said
