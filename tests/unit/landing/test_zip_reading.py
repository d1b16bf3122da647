"""Archives that hold one CSV, and those that do not."""

from __future__ import annotations

import io
import zipfile

import pytest

from tidu.contracts import contract
from tidu.errors import DeliveryRejected
from tidu.landing import limits
from tidu.landing.zip_archive import read_zip

TALENT = contract("hr_talent")
TEXT = (",".join(f.heading for f in TALENT.fields) + "\r\nE1,甲公司,,2025,1,3,2,1\r\n").encode("gb18030")


def archive(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return target.getvalue()


def test_one_csv_is_read_whatever_folders_stand_beside_it() -> None:
    sheet = read_zip(TALENT, "t.zip", archive(**{"folder/": b"", "folder/T.CSV": TEXT}))
    assert [column.to_pylist() for column in sheet.columns][:2] == [["E1"], ["甲公司"]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK kaputt", "broken zip"),
        (archive(**{"a.csv": TEXT})[:-30], "broken zip"),
        (archive(), "not exactly one CSV"),
        (archive(**{"a.csv": TEXT, "b.csv": TEXT}), "not exactly one CSV in the zip: a.csv, b.csv"),
        (archive(**{"a.txt": TEXT}), "not exactly one CSV"),
        (archive(**{"../a.csv": TEXT}), "leaves the zip"),
        (archive(**{"/etc/a.csv": TEXT}), "leaves the zip"),
        (archive(**{"c:\\a.csv": TEXT}), "leaves the zip"),
    ],
)
def test_other_archives_are_rejected(data: bytes, reason: str) -> None:
    with pytest.raises(DeliveryRejected, match=reason):
        read_zip(TALENT, "t.zip", data)


def test_a_zip_bomb_is_rejected_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALWAYS_UNPACKED", 1000)
    with pytest.raises(DeliveryRejected, match="deliver it in parts"):
        read_zip(TALENT, "t.zip", archive(**{"a.csv": b"0" * 5_000_000}))
