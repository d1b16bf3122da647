"""Departments get their own tickets back, in files that open safely and never change."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from pathlib import Path

import psycopg
import pytest

from tests.integration.test_tickets import bring, taxpayer
from tidu.contracts import departments
from tidu.ledger.returns import RULE_TEXTS, Return, write_returns
from tidu.ledger.tickets import refresh

pytestmark = pytest.mark.postgres
FIRST, SECOND = dt.date(2025, 7, 31), dt.date(2025, 8, 31)


@pytest.fixture
def folder(warehouse: str, tmp_path: Path) -> Path:
    return tmp_path / "returns"


def write(as_of: dt.date) -> dict[str, Return]:
    refresh(as_of)
    return {made.department: made for made in write_returns(as_of)}


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))


def test_every_department_gets_its_own_tickets_only(warehouse: str, folder: Path) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]))
    made = write(FIRST)
    assert set(made) == set(departments())
    assert {name: found.tickets_open for name, found in made.items()} == {n: int(n == "tax") for n in departments()}
    (row,) = rows_of(folder / "tax" / "2025-07-31.csv")
    assert row["数据集"] == "tx_taxpayer"
    assert (row["字段名称"], row["贵方数据"], row["问题说明"]) == ("登记日期", "x", "无法按约定类型读取")
    assert (row["发现日期"], row["要求更正日期"], row["状态"], row["行号"]) == (
        "2025-07-01",
        "2025-07-31",
        "待更正",
        "1",
    )
    others = [name for name in departments() if name != "tax"]
    assert others
    for name in others:
        assert rows_of(folder / name / "2025-07-31.csv") == []


def test_the_manifest_proves_the_file_and_nobody_writes_it_again(warehouse: str, folder: Path) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]))
    made = write(FIRST)["tax"]
    file = folder / "tax" / "2025-07-31.csv"
    said = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert said["sha256"] == made.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (said["tickets_open"], said["tickets_closed"], said["return_before"]) == (1, 0, None)
    assert file.stat().st_mode & 0o222 == 0
    assert sorted(path.name for path in file.parent.iterdir()) == ["2025-07-31.csv", "2025-07-31.json"]


def test_a_second_run_on_the_same_date_writes_nothing(warehouse: str, folder: Path) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]), ("2025-07-09", [taxpayer("1")]))
    write(FIRST)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert before
    assert write(FIRST) == {}
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_closed_ticket_is_told_once(warehouse: str, folder: Path) -> None:
    bring(
        warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x"), taxpayer("2", registered_on="y")])
    )
    write(FIRST)
    bring(warehouse, "tx_taxpayer", ("2025-08-09", [taxpayer("1", updated_at="2025-08-08T08:00:00")]))
    write(SECOND)
    states = {row["记录主键"]: (row["状态"], row["关闭日期"]) for row in rows_of(folder / "tax" / "2025-08-31.csv")}
    assert states == {"1": ("已关闭", "2025-08-09"), "2": ("待更正", "")}
    write(dt.date(2025, 9, 30))
    assert [row["记录主键"] for row in rows_of(folder / "tax" / "2025-09-30.csv")] == ["2"]


def test_what_changes_within_a_date_becomes_a_further_part(warehouse: str, folder: Path) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]))
    write(FIRST)
    first = (folder / "tax" / "2025-07-31.csv").read_bytes()
    bring(warehouse, "tx_taxpayer", ("2025-07-09", [taxpayer("1"), taxpayer("2", registered_on="y")]))
    made = write(FIRST)
    assert [(found.department, found.part) for found in made.values()] == [("tax", 2)]
    assert (folder / "tax" / "2025-07-31.csv").read_bytes() == first
    assert {row["记录主键"]: row["状态"] for row in rows_of(folder / "tax" / "2025-07-31_2.csv")} == {
        "1": "已关闭", "2": "待更正",
    }  # fmt: skip
    assert write(FIRST) == {}


def test_a_file_left_by_a_run_that_died_is_taken_over_or_left_alone(warehouse: str, folder: Path) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer("1", registered_on="x")]))
    write(FIRST)
    file = folder / "tax" / "2025-07-31.csv"
    with psycopg.connect(warehouse) as connection:
        connection.execute("delete from ops.department_return where department = 'tax'")
    made = write(FIRST)
    assert (made["tax"].part, made["tax"].file) == (1, "tax/2025-07-31.csv")
    with psycopg.connect(warehouse) as connection:
        connection.execute("delete from ops.department_return where department = 'tax'")
    file.chmod(0o600)
    file.write_bytes(b"something else")
    assert write(FIRST)["tax"].file == "tax/2025-07-31_2.csv"
    assert file.read_bytes() == b"something else"


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "  =1", "＝1+1", "|calc"])
def test_no_cell_is_taken_for_a_formula(warehouse: str, folder: Path, formula: str) -> None:
    bring(warehouse, "tx_taxpayer", ("2025-07-01", [taxpayer(f"{formula}", registered_on=formula)]))
    write(FIRST)
    (row,) = rows_of(folder / "tax" / "2025-07-31.csv")
    for cell in (row["记录主键"], row["贵方数据"]):
        assert cell.startswith("'"), row
        assert not any(ord(c) < 32 for c in cell)
    for cell in row.values():
        assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r"), row


def test_every_rule_of_a_contract_has_words_for_the_department() -> None:
    from tidu.contracts import contracts

    kinds = {rule.kind for c in contracts().values() for rule in c.rules}
    assert kinds
    assert kinds <= set(RULE_TEXTS)
