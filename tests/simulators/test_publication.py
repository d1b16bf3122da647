"""Publishing is incremental, repeatable and leaves nothing behind; broken worlds are refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simulators.deliveries import deliveries, latest_date, read
from simulators.errors import WorldError
from simulators.home import Home
from simulators.publishing import publish
from simulators.watched_folder import encoding_of
from tests.simulators.nasty import DATASETS, DATES, nasty_rows, write_csv
from tidu.contracts.catalogue import contract

LATE, EARLY = date(2025, 8, 31), date(2025, 7, 31)
WITHOUT_TAX = len(DATASETS) - 1


def files(home: Home) -> dict[str, int]:
    found = [p for root in (home.sftp_root, home.folder / "folders") for p in root.rglob("*") if p.is_file()]
    return {p.name: p.stat().st_ino for p in found}


def contents(home: Home) -> dict[str, tuple[bytes, float]]:
    found = [p for root in (home.sftp_root, home.folder / "folders") for p in root.rglob("*") if p.is_file()]
    return {p.name: (p.read_bytes(), p.stat().st_mtime) for p in found}


def test_only_what_is_new_is_prepared(tmp_path: Path, world: Path) -> None:
    home = Home(tmp_path / "home")
    first = publish(home, world, EARLY, None)
    assert (first.deliveries, first.prepared, first.rows) == (WITHOUT_TAX, WITHOUT_TAX, 40 * WITHOUT_TAX)
    early = files(home)
    second = publish(home, world, LATE, None)
    assert (second.deliveries, second.prepared, second.withdrawn) == (2 * WITHOUT_TAX, WITHOUT_TAX, 0)
    assert early.items() <= files(home).items()
    assert publish(home, world, LATE, None).prepared == 0


def test_a_lost_file_is_prepared_again(tmp_path: Path, world: Path) -> None:
    home = Home(tmp_path / "home")
    publish(home, world, LATE, None)
    home.outbox("finance").joinpath("fn_loan_20250701.xlsx").unlink()
    publish(home, world, LATE, None)
    assert home.outbox("finance").joinpath("fn_loan_20250701.xlsx").exists()


def test_an_earlier_date_and_another_world_withdraw_files(tmp_path: Path, world: Path) -> None:
    home = Home(tmp_path / "home")
    publish(home, world, LATE, None)
    assert publish(home, world, EARLY, None).withdrawn == WITHOUT_TAX
    assert {name for name in files(home) if "20250801" in name} == set()
    other = tmp_path / "other"
    write_csv(other / "mi_arrears" / "2025-07-15.csv", list(contract("mi_arrears").field_names), [])
    publish(home, other, LATE, None)
    assert set(files(home)) == {"mi_arrears_20250715.csv"}


def test_a_publication_that_was_cut_off_leaves_nothing_wrong(tmp_path: Path, world: Path) -> None:
    home, clean = Home(tmp_path / "home"), Home(tmp_path / "clean")
    publish(home, world, EARLY, None)
    bad = tmp_path / "bad"
    for dataset in ("fn_loan", "hr_insurance"):
        write_csv(bad / dataset / "2025-07-01.csv", list(contract(dataset).field_names), [])
    (bad / "mi_arrears").mkdir()
    (bad / "mi_arrears" / "2025-07-01.csv").write_bytes(b"a,b\n\xff,2\n")
    with pytest.raises(WorldError):
        publish(home, bad, LATE, None)
    served = home.served()
    assert served and all(entry.open for entry in served.entries.values())
    publish(home, world, LATE, None)
    publish(clean, world, LATE, None)
    assert contents(home) == contents(clean)
    assert home.served() == clean.served()


def test_secrets_are_made_once_and_readable_by_the_owner_only(tmp_path: Path, world: Path) -> None:
    first, second = Home(tmp_path / "home"), Home(tmp_path / "home")
    assert first.credentials() == second.credentials()
    assert first.credentials_file.stat().st_mode & 0o777 == 0o600
    assert first.credentials().rest_secret not in repr(first.credentials())


def test_rows_of_another_width_keep_their_place(tmp_path: Path, world: Path) -> None:
    (delivery,) = [d for d in deliveries(world, EARLY) if d.dataset == "mi_arrears"]
    rows = read(delivery)
    width = len(contract("mi_arrears").fields)
    assert rows.frame.height == 40
    assert rows.surplus == {8: ["surplus, one", "two\nlines"]}
    assert rows.missing == {6: 2}
    assert rows.frame.row(6)[:-2] == tuple(nasty_rows("mi_arrears", 40)[6])
    assert rows.frame.row(4) == ("",) * width


def test_empty_deliveries_are_deliveries(tmp_path: Path) -> None:
    write_csv(tmp_path / "hr_talent" / "2025-07-01.csv", ["employer_no"], [])
    (tmp_path / "hr_talent" / "2025-08-01.csv").write_bytes(b"")
    home = Home(tmp_path / "home")
    (tmp_path / "home").mkdir()
    assert publish(home, tmp_path, LATE, None).deliveries == 2
    assert {"hr_talent_20250701_1.ok", "hr_talent_20250801_1.ok"} <= set(files(home))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_headings_without_a_name_or_there_twice_are_carried(tmp_path: Path, end: str) -> None:
    path = tmp_path / "world" / "st_district_indicator" / "2025-07-01.csv"
    path.parent.mkdir(parents=True)
    lines = [",value,备注,备注,", "1,2,3,4,", "5", "6,7,8,9,,10"]
    path.write_bytes("".join(line + end for line in lines).encode())
    (delivery,) = deliveries(tmp_path / "world", LATE)
    rows = read(delivery)
    assert rows.headings == ["", "value", "备注", "备注", ""]
    assert rows.frame.columns == ["column 1", "value", "备注", "备注 (2)", "column 5"]
    assert rows.frame.rows() == [("1", "2", "3", "4", ""), ("5", "", "", "", ""), ("6", "7", "8", "9", "")]
    assert (rows.surplus, rows.missing) == ({2: ["10"]}, {1: 4})
    home = Home(tmp_path / "home")
    publish(home, tmp_path / "world", LATE, None)
    (file,) = (home.folder / "folders").rglob("*.csv")
    text = file.read_bytes().decode(encoding_of(file.name)).replace("\r", "")
    assert text.splitlines() == lines


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("mi_arrears/July.csv", "a\n", "must be a date"),
        ("mi_unknown/2025-07-01.csv", "a\n", "no dataset mi_unknown"),
        ("mi_arrears/2025-07-01.csv", b"a,b\n\xff,2\n", "2025-07-01.csv"),
    ],
)
def test_a_broken_world_is_refused_by_name(tmp_path: Path, name: str, content: str | bytes, reason: str) -> None:
    path = tmp_path / "world" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(WorldError, match=reason):
        publish(Home(tmp_path / "home"), tmp_path / "world", LATE, None)


def test_the_worlds_own_date_is_as_of_else_end(world: Path) -> None:
    assert latest_date(world) == LATE
    with (world / "world.yaml").open("a", encoding="utf-8") as notes:
        notes.write("as_of: 2025-07-20\n")
    assert latest_date(world) == date(2025, 7, 20)
    with pytest.raises(WorldError, match="not a folder"):
        latest_date(world / "nothing")
    assert DATES[0] < DATES[1]
