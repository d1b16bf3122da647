"""The tax front database as the platform's own account sees it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import psycopg
import pytest

from simulators.errors import SimulatorError
from simulators.home import Home
from simulators.publishing import Wishes, publish
from tests.simulators.nasty import DATES, nasty_rows, write_csv
from tidu.contracts.catalogue import contract

pytestmark = pytest.mark.postgres
FIELDS = list(contract("tx_payment").field_names)
LATE, EARLY = date(2025, 8, 31), date(2025, 7, 31)


def rows_of(dsn: str, day: str) -> list[dict[str, object]]:
    with psycopg.connect(dsn, row_factory=psycopg.rows.dict_row) as c:
        return c.execute("select * from tx_payment where batch_date = %s order by batch_seq", (day,)).fetchall()


def control(dsn: str) -> dict[tuple[str, str], tuple[int, object]]:
    with psycopg.connect(dsn) as c:
        found = c.execute("select dataset, batch_date::text, rows, completed_at from share_batch").fetchall()
    return {(dataset, day): (rows, at) for dataset, day, rows, at in found}


def reader_dsn(home: Home, front: str) -> str:
    from simulators.connections import _front

    return _front(front, home.credentials().sql_password)


def test_every_cell_arrives_in_its_row(tmp_path: Path, world: Path, front: str) -> None:
    home = Home(tmp_path / "home")
    publish(home, world, LATE, front)
    found = rows_of(reader_dsn(home, front), DATES[0])
    expected = nasty_rows("tx_payment", 40)
    assert len(found) == len(expected) == 40
    for number, (row, cells) in enumerate(zip(found, expected, strict=True), start=1):
        assert row["batch_seq"] == number
        assert [row[f] for f in FIELDS] == (cells + [""] * len(FIELDS))[: len(FIELDS)]
        surplus = cells[len(FIELDS) :]
        assert (json.loads(str(row["__surplus__"])) if row["__surplus__"] else []) == surplus
        assert row["__missing__"] == (str(len(FIELDS) - len(cells)) if len(cells) < len(FIELDS) else None)
    assert control(front).keys() == {("tx_payment", day) for day in DATES}


def test_the_platform_account_can_only_read(tmp_path: Path, world: Path, front: str) -> None:
    home = Home(tmp_path / "home")
    publish(home, world, LATE, front)
    with psycopg.connect(reader_dsn(home, front), autocommit=True) as c:
        c.execute("set default_transaction_read_only = off")
        for statement in ("delete from tx_payment", "update share_batch set rows = 0", "create table mine (x int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                c.execute(statement)


@pytest.mark.parametrize(("kind", "listed", "there"), [("rows", True, 39), ("control", False, 40)])
def test_a_batch_left_open_is_finished_by_the_next_publication(
    tmp_path: Path, world: Path, front: str, kind: str, listed: bool, there: int
) -> None:
    home = Home(tmp_path / "home")
    name = f"tx_payment:{DATES[1]}"
    publish(home, world, LATE, front, Wishes(leave_open={name: kind}))  # type: ignore[dict-item]
    assert (("tx_payment", DATES[1]) in control(front)) is listed
    assert len(rows_of(front, DATES[1])) == there
    publish(home, world, LATE, front)
    assert control(front)["tx_payment", DATES[1]][0] == 40
    assert len(rows_of(front, DATES[1])) == 40


def test_a_later_date_rewrites_the_newest_earlier_batch_once(tmp_path: Path, world: Path, front: str) -> None:
    home = Home(tmp_path / "home")
    publish(home, world, EARLY, front)
    first, before = control(front), rows_of(front, DATES[0])
    publish(home, world, LATE, front)
    second = control(front)
    assert second["tx_payment", DATES[0]][1] > first["tx_payment", DATES[0]][1]  # type: ignore[operator]
    assert rows_of(front, DATES[0]) == before
    assert publish(home, world, LATE, front).prepared == 0
    assert control(front) == second


def test_a_batch_is_rewritten_on_demand(tmp_path: Path, world: Path, front: str) -> None:
    home = Home(tmp_path / "home")
    publish(home, world, LATE, front)
    first = control(front)
    publish(home, world, LATE, front, Wishes({}, rewrite=frozenset({f"tx_payment:{DATES[1]}"})))
    second = control(front)
    assert {k for k in first if first[k] != second[k]} == {("tx_payment", DATES[1])}


def test_changed_headings_become_columns_and_absent_ones_are_null(tmp_path: Path, world: Path, front: str) -> None:
    headings = ["note" if f == "amount_yuan" else f for f in reversed(FIELDS)]
    write_csv(world / "tx_payment" / f"{DATES[1]}.csv", headings, [[f"v{i}" for i in range(len(headings))]])
    publish(Home(tmp_path / "home"), world, LATE, front)
    (row,) = rows_of(front, DATES[1])
    assert row["amount_yuan"] is None
    assert {h: row[h] for h in headings} == {h: f"v{i}" for i, h in enumerate(headings)}
    assert {r["note"] for r in rows_of(front, DATES[0])} == {None}


def test_another_world_and_an_earlier_date_leave_nothing_behind(tmp_path: Path, world: Path, front: str) -> None:
    home = Home(tmp_path / "home")
    publish(home, world, LATE, front)
    publish(home, world, EARLY, front)
    assert control(front).keys() == {("tx_payment", DATES[0])}
    assert rows_of(front, DATES[1]) == []
    other = tmp_path / "other"
    write_csv(other / "tx_payment" / "2025-07-15.csv", FIELDS, nasty_rows("tx_payment", 12))
    publish(home, other, LATE, front)
    assert control(front).keys() == {("tx_payment", "2025-07-15")}
    assert rows_of(front, DATES[0]) == []


def test_an_unreachable_front_is_named_without_its_password(tmp_path: Path, world: Path, front: str) -> None:
    home = Home(tmp_path / "home")
    for dsn in (front.replace(":owner@", ":secret@"), "postgresql://tax:secret@127.0.0.1:1/tax_front"):
        with pytest.raises(SimulatorError, match="the tax front database") as refused:
            publish(home, world, LATE, dsn)
        assert "secret" not in str(refused.value)
    assert home.served() is None


def test_a_wish_nobody_can_meet_is_refused(tmp_path: Path, world: Path, front: str) -> None:
    home = Home(tmp_path / "home")
    with pytest.raises(SimulatorError, match="no delivery tx_payment:2030-01-01"):
        publish(home, world, LATE, front, Wishes({"tx_payment:2030-01-01": "rows"}))
    with pytest.raises(SimulatorError, match="complete once it is there"):
        publish(home, world, LATE, front, Wishes({f"fn_loan:{DATES[0]}": "control"}))
