"""Zip, XLSX and CSV files as the departments leave them, fetched with a real SFTP client."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import paramiko
import psycopg
import pytest
from python_calamine import CalamineWorkbook

from simulators.home import Home
from simulators.publishing import Wishes
from simulators.service import Simulators, running
from simulators.watched_folder import encoding_of
from tests.simulators.nasty import DATES, nasty_rows, write_csv
from tidu.contracts.catalogue import contract

LATE = date(2025, 8, 31)


@pytest.fixture
def served(tmp_path: Path, world: Path) -> Iterator[Simulators]:
    with running(tmp_path / "home", world, LATE) as simulators:
        yield simulators


@pytest.fixture
def sftp(served: Simulators) -> Iterator[dict[str, paramiko.SFTPClient]]:
    """A session of each account, with the host key of the connection checked."""
    sessions = {}
    transports = []
    for department in ("hr", "finance"):
        uri = urlsplit(served.connections()[department])
        (key,) = parse_qs(uri.query)["host_key"]
        transport = paramiko.Transport((uri.hostname or "", uri.port or 0))
        transports.append(transport)
        host_key = paramiko.Ed25519Key(data=base64.b64decode(key.removeprefix("ssh-ed25519 ")))
        transport.connect(hostkey=host_key, username=uri.username or "", password=uri.password)
        session = paramiko.SFTPClient.from_transport(transport)
        assert session
        sessions[department] = session
    yield sessions
    for transport in transports:
        transport.close()


def fetch(session: paramiko.SFTPClient, name: str) -> bytes:
    with session.open(f"/outbox/{name}") as source:
        return source.read()


def headings_of(dataset: str) -> list[str]:
    return [f.heading for f in contract(dataset).fields]


def test_a_zip_holds_one_gb18030_csv_under_chinese_headings(sftp: dict[str, paramiko.SFTPClient]) -> None:
    content = fetch(sftp["hr"], "hr_insurance_20250701_1.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.namelist() == ["hr_insurance_20250701_1.csv"]
        text = package.read("hr_insurance_20250701_1.csv").decode("gb18030")
    assert text.count("\r\n") == 41
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        headings_of("hr_insurance"),
        *nasty_rows("hr_insurance", 40),
    ]
    companion = fetch(sftp["hr"], "hr_insurance_20250701_1.ok").decode()
    assert companion == f"sha256={hashlib.sha256(content).hexdigest()}\nrows=40\n"


def test_an_open_zip_has_no_companion_until_published_again(
    served: Simulators, sftp: dict[str, paramiko.SFTPClient], world: Path
) -> None:
    served.publish(world, LATE, Wishes({f"hr_insurance:{DATES[1]}": "control"}))
    names = sftp["hr"].listdir("/outbox")
    assert "hr_insurance_20250801_1.zip" in names
    assert "hr_insurance_20250801_1.ok" not in names
    served.publish(world, LATE)
    assert "hr_insurance_20250801_1.ok" in sftp["hr"].listdir("/outbox")


def test_accounts_see_their_own_outbox_and_cannot_write(
    served: Simulators, sftp: dict[str, paramiko.SFTPClient], tmp_path: Path
) -> None:
    assert {name.split("_")[0] for name in sftp["hr"].listdir("/outbox")} == {"hr"}
    assert {name.split("_")[0] for name in sftp["finance"].listdir("/outbox")} == {"fn"}
    assert sftp["hr"].listdir("/") == sftp["hr"].listdir("/../..") == ["outbox"]
    target = "/outbox/hr_insurance_20250701_1.zip"
    before = served.home.outbox("hr").joinpath("hr_insurance_20250701_1.zip").read_bytes()
    attempts = [
        lambda s: s.open(target, "w"),
        lambda s: s.open(target, "a"),
        lambda s: s.open(target, "r+"),
        lambda s: s.remove(target),
        lambda s: s.rename(target, "/outbox/x"),
        lambda s: s.posix_rename(target, "/outbox/x"),
        lambda s: s.mkdir("/outbox/x"),
        lambda s: s.rmdir("/outbox"),
        lambda s: s.symlink("/etc/passwd", "/outbox/x"),
        lambda s: s.chmod(target, 0o777),
        lambda s: s.truncate(target, 0),
        lambda s: s.utime(target, (0, 0)),
    ]
    for attempt in attempts:
        with pytest.raises(OSError):
            attempt(sftp["hr"])
    assert served.home.outbox("hr").joinpath("hr_insurance_20250701_1.zip").read_bytes() == before


def test_a_wrong_password_is_refused(served: Simulators) -> None:
    for account, password in (("hr", "wrong"), ("nobody", ""), ("finance", served.home.credentials().rest_secret)):
        transport = paramiko.Transport(("127.0.0.1", served.ports.sftp))
        try:
            with pytest.raises(paramiko.AuthenticationException):
                transport.connect(username=account, password=password)
        finally:
            transport.close()


def test_a_workbook_has_title_headings_data_and_a_foot(sftp: dict[str, paramiko.SFTPClient]) -> None:
    sheet = sheet_of(fetch(sftp["finance"], "fn_loan_20250701.xlsx"))
    fields = contract("fn_loan").fields
    assert sheet[0][0] == "2025年7月民营和小微企业贷款情况表"
    assert sheet[1][: len(fields)] == headings_of("fn_loan")
    expected = nasty_rows("fn_loan", 40)
    for cells, row in zip(expected, sheet[2:42], strict=True):
        wide = cells + [""] * (len(row) - len(cells))
        for field, text, cell in zip(fields, wide, row, strict=False):
            if field.type not in ("decimal", "date"):
                assert cell == text
        assert row[len(fields) :] == wide[len(fields) :]


@pytest.mark.postgres
def test_amounts_and_dates_of_a_workbook_keep_their_meaning(tmp_path: Path, warehouse: str) -> None:
    """What the platform reads from the sheet equals what it reads from the world's own text, faulty or not."""
    texts = ["1234.5", "0.07", "98765.4321", "-5.5", "1e5", "12,34", "007", "abc", "-0", "12345678901234.5", "3"] * 9
    days = ["2025-07-01", "1999-12-31", "2025-02-29", "1899-12-31", "2099-12-31", "2024-2-3", "昨天"] * 15
    fields = contract("fn_loan").field_names
    rows = [[f"L{i}" if f == "loan_no" else "x" for f in fields] for i in range(99)]
    for row, amount, day in zip(rows, texts, days, strict=False):
        for place, name in enumerate(fields):
            row[place] = amount if name.endswith(("_wan", "_pct")) else day if name.endswith("_on") else row[place]
    world = tmp_path / "world"
    write_csv(world / "fn_loan" / "2025-07-01.csv", list(fields), rows)
    with running(tmp_path / "home", world, LATE) as simulators:
        sheet = sheet_of(simulators.home.outbox("finance").joinpath("fn_loan_20250701.xlsx").read_bytes())
    amount, day = fields.index("amount_wan"), fields.index("starts_on")
    kinds = {type(row[amount]) for row in sheet[2:101]} | {type(row[day]) for row in sheet[2:101]}
    assert kinds == {str, float, date}
    with psycopg.connect(warehouse) as c:
        for row, cells in zip(rows, sheet[2:101], strict=True):
            query = (
                "select ops.read_decimal_sheet(%s, 'wan') is not distinct from ops.read_decimal_sheet(%s, 'wan'),"
                " ops.read_date_sheet(%s) is not distinct from ops.read_date_sheet(%s)"
            )
            given = (row[amount], as_text(cells[amount]), row[day], as_text(cells[day]))
            assert c.execute(query, given).fetchone() == (True, True), given


@pytest.mark.parametrize("dataset", ["mi_arrears", "st_district_indicator"])
def test_a_watched_folder_holds_every_cell_in_one_of_three_encodings(served: Simulators, dataset: str) -> None:
    department = contract(dataset).department
    for day in DATES:
        name = f"{dataset}_{day.replace('-', '')}.csv"
        content = served.home.watched(department).joinpath(name).read_bytes()
        assert content.startswith(b"\xef\xbb\xbf") == (encoding_of(name) == "utf-8-sig")
        found = list(csv.reader(io.StringIO(content.decode(encoding_of(name)), newline="")))
        headings = list(contract(dataset).field_names) if department == "statistics" else headings_of(dataset)
        assert found == [headings, *nasty_rows(dataset, 40)]


def test_all_three_encodings_turn_up() -> None:
    start = date(2025, 1, 1)
    names = [f"mi_arrears_{start + timedelta(weeks=w):%Y%m%d}.csv" for w in range(26)]
    assert {encoding_of(name) for name in names} == {"utf-8", "utf-8-sig", "gb18030"}


def test_the_same_world_gives_the_same_bytes(tmp_path: Path, world: Path) -> None:
    contents = []
    for name in ("one", "two"):
        with running(tmp_path / name, world, LATE):
            home = Home(tmp_path / name)
            folders = [home.outbox("hr"), home.outbox("finance"), home.watched("industry"), home.watched("statistics")]
            contents.append({p.name: (p.read_bytes(), p.stat().st_mtime) for f in folders for p in f.iterdir()})
    assert contents[0] == contents[1]
    assert len(contents[0]) == 10


def sheet_of(content: bytes) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def as_text(cell: object) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)
