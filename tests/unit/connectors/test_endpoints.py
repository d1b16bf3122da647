"""Connection URIs, the choice of connector, and which file names are deliveries."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest

from tidu.connectors import Endpoint, connector_for
from tidu.connectors.file_listing import ListedFile, named_deliveries, settled
from tidu.connectors.folder import WatchedFolder
from tidu.connectors.sftp import _announced, _host_key
from tidu.contracts import contract, contracts
from tidu.errors import ConnectorError


def test_an_airflow_uri_is_read_with_its_escapes_and_shows_no_secret() -> None:
    endpoint = Endpoint.from_uri("sftp://u%40x:p%2F%3A@host:2222/outbox?host_key=ssh-ed25519%20AA%2BB%2F%3D")
    assert (endpoint.login, endpoint.password, endpoint.port, endpoint.path) == ("u@x", "p/:", 2222, "/outbox")
    assert _host_key(endpoint) == ("ssh-ed25519", "AA+B/=")
    assert "p/:" not in repr(endpoint)
    assert "AA" not in repr(endpoint)


@pytest.mark.parametrize("text", ["ssh-ed25519 AA+B/=", "ssh-ed25519 AA B/=", "ssh-ed25519 AA+B/= name@host"])
def test_a_host_key_may_have_lost_its_plus_or_gained_a_comment(text: str) -> None:
    assert _host_key(Endpoint("sftp", "h", extra={"host_key": text})) == ("ssh-ed25519", "AA+B/=")


def test_every_contract_has_a_connector() -> None:
    assert contracts()
    for c in contracts().values():
        with connector_for(c, Endpoint("file", "nowhere.test")) as connector:
            assert hasattr(connector, "fetch")


def names(dataset: str, *files: str) -> list[tuple[str, str]]:
    listed = [ListedFile(name, 1, 0.0) for name in files]
    return [(n.file.name, n.delivered_on.isoformat()) for n in named_deliveries(contract(dataset), listed)]


def test_file_names_are_taken_to_the_letter_in_order() -> None:
    assert names("mi_arrears", "mi_arrears_20250802.csv", "mi_arrears_20250701.csv") == [
        ("mi_arrears_20250701.csv", "2025-07-01"),
        ("mi_arrears_20250802.csv", "2025-08-02"),
    ]
    assert [n for n, _ in names("hr_talent", *(f"hr_talent_20250701_{i}.zip" for i in (10, 9, 1)))] == [
        "hr_talent_20250701_1.zip", "hr_talent_20250701_9.zip", "hr_talent_20250701_10.zip",
    ]  # fmt: skip
    others = ("mi_arrears_20250230.csv", "mi_arrears_20250701.csv.part", ".mi_arrears_20250701.csv", "mi_arrears.csv",
              "xmi_arrears_20250701.csv", "mi_arrears_20250701.CSV~", "mi_arrears_20250701_1.csv")  # fmt: skip
    assert names("mi_arrears", *others) == []


SHA = "a" * 64


@pytest.mark.parametrize(
    "text",
    [f"sha256={SHA}\nrows=12\n", f"sha256={SHA} rows=12", f"SHA256: {SHA.upper()}\r\nRows: 12", f"{SHA} 12",
     f'{{"sha256": "{SHA}", "rows": 12}}', f"{SHA}\n12\n"],
)  # fmt: skip
def test_spellings_of_an_ok_file(text: str) -> None:
    assert _announced(text) == (SHA, 12)


@pytest.mark.parametrize("text", ["", "done", f"sha256={SHA}", "sha256=12 rows=12", "[1, 2]", "\ufffd\ufffd"])
def test_an_ok_file_that_says_nothing_matches_no_file(text: str) -> None:
    sha256, rows = _announced(text)
    assert len(sha256) != 64
    assert rows == -1


def test_a_file_that_still_grows_is_not_listed() -> None:
    old, still, growing = ListedFile("a", 1, 0.0), ListedFile("b", 1, time.time()), ListedFile("c", 1, time.time())
    looks = iter([[old, still, growing], [old, still, dataclasses.replace(growing, size=2)]])
    assert settled(lambda: next(looks)) == [old, still]


def test_files_that_are_old_are_looked_at_once() -> None:
    looks = iter([[ListedFile("a", 1, 0.0)]])
    assert [f.name for f in settled(lambda: next(looks))] == ["a"]


def test_a_file_that_changes_under_the_copy_waits(tmp_path: Path) -> None:
    path = tmp_path / "mi_arrears_20250701.csv"
    path.write_text("x")
    os.utime(path, (time.time() - 60,) * 2)
    folder = WatchedFolder(Endpoint.from_uri(tmp_path.as_uri()))
    (delivery,) = folder.available(contract("mi_arrears"))
    path.write_text("xy")
    (tmp_path / "copy").mkdir()
    assert folder.fetch(contract("mi_arrears"), delivery, tmp_path / "copy") is None
    path.unlink()
    assert folder.fetch(contract("mi_arrears"), delivery, tmp_path / "copy") is None


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    folder = WatchedFolder(Endpoint.from_uri((tmp_path / "nowhere").as_uri()))
    with pytest.raises(ConnectorError, match="nowhere does not exist"):
        folder.available(contract("mi_arrears"))
