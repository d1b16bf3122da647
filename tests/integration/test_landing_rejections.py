"""Bad deliveries over the real transports: the bad one is rejected with file, reason and contact, others go on."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import xlsxwriter
from psycopg.rows import dict_row

from simulators.home import Home
from simulators.service import Simulators, running
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract
from tidu.landing import land, pull, store

AS_OF = dt.date(2025, 12, 31)
LONG_AGO = time.time() - 3600


@pytest.fixture
def departments(tmp_path: Path) -> Iterator[Simulators]:
    with running(tmp_path / "departments") as simulators:
        yield simulators


def put(path: Path, content: bytes, modified: float = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))


def csv_of(dataset: str, *rows: list[str], drop: str = "", encoding: str = "utf-8") -> bytes:
    fields = contract(dataset).fields
    lines = [[f.heading for f in fields if f.name != drop]]
    lines += [[c for f, c in zip(fields, row, strict=True) if f.name != drop] for row in rows]
    return "".join(",".join(line) + "\r\n" for line in lines).encode(encoding)


def zip_of(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(zipfile.ZipInfo("d.csv"), content)
    return target.getvalue()


def put_zip(home: Home, name: str, content: bytes, sha256: str | None = None, rows: int = 1) -> None:
    put(home.outbox("hr") / f"{name}.zip", content)
    put(home.outbox("hr") / f"{name}.ok", ok_of(content, rows, sha256))


def ok_of(content: bytes, rows: int, sha256: str | None = None) -> bytes:
    return f"sha256={sha256 or hashlib.sha256(content).hexdigest()}\nrows={rows}\n".encode()


def take(simulators: Simulators, dataset: str) -> int:
    endpoint = Endpoint.from_uri(simulators.connections()[contract(dataset).department])
    with connector_for(contract(dataset), endpoint) as connector:
        pull(contract(dataset), connector, AS_OF, "run")
    return land(dataset, "run")


def deliveries(warehouse: str) -> list[dict[str, Any]]:
    with psycopg.connect(warehouse) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from ops.delivery order by delivered_on, delivery_id").fetchall()


def count(warehouse: str, dataset: str) -> int:
    with psycopg.connect(warehouse) as connection:
        row = connection.execute(f"select count(*) from raw.{dataset}").fetchone()
    return int(row[0]) if row else -1


SUBSIDY = ["G1", "E1", "", "100.00", "2025-07-01"]


def test_bad_zips_are_rejected_and_the_good_ones_beside_them_land(departments: Simulators, warehouse: str) -> None:
    good = zip_of(csv_of("hr_stability_subsidy", SUBSIDY, encoding="gb18030"))
    no_key = zip_of(csv_of("hr_stability_subsidy", SUBSIDY, drop="grant_no", encoding="gb18030"))
    prefix = "hr_stability_subsidy_2025070"
    put_zip(departments.home, f"{prefix}1_1", good)
    put_zip(departments.home, f"{prefix}2_1", good, sha256="0" * 64)
    put_zip(departments.home, f"{prefix}3_1", good, rows=2)
    put_zip(departments.home, f"{prefix}4_1", good[:-40])
    put_zip(departments.home, f"{prefix}5_1", no_key)
    put_zip(departments.home, f"{prefix}6_1", zip_of(csv_of("hr_stability_subsidy", SUBSIDY) + b"\xff\xff"))
    put(departments.home.outbox("hr") / f"{prefix}7_1.zip", good)
    put_zip(departments.home, f"{prefix}8_1", good)
    put(departments.home.outbox("hr") / f"{prefix}8_1.ok", b"finished")
    put_zip(departments.home, f"{prefix}9_1", good)
    assert take(departments, "hr_stability_subsidy") == 2
    found = deliveries(warehouse)
    assert [d["delivered_on"].day for d in found] == [1, 2, 3, 4, 5, 6, 8, 9]
    assert [d["state"] for d in found] == ["loaded", *["rejected"] * 6, "loaded"]
    reasons = [d["reject_reason"] for d in found if d["state"] == "rejected"]
    expected = [
        "wrong sha256",
        "wrong row count: announced 2, the file has 1",
        "broken zip",
        "required column missing: 发放编号 (grant_no)",
        "wrong encoding",
        "unreadable .ok: 'finished'",
    ]
    for day, reason, text in zip((2, 3, 4, 5, 6, 8), expected, reasons, strict=True):
        assert reason in text
        assert f"{prefix}{day}_1.zip" in text
        assert contract("hr_stability_subsidy").contact in text
    assert all(d["rows_delivered"] is None for d in found if d["state"] == "rejected")
    assert count(warehouse, "hr_stability_subsidy") == 2
    assert take(departments, "hr_stability_subsidy") == 0
    assert len(deliveries(warehouse)) == len(found)


def test_a_corrected_ok_opens_its_delivery_again(departments: Simulators, warehouse: str) -> None:
    good = zip_of(csv_of("hr_stability_subsidy", SUBSIDY, encoding="gb18030"))
    put_zip(departments.home, "hr_stability_subsidy_20250701_1", good, rows=7)
    assert take(departments, "hr_stability_subsidy") == 0
    put(departments.home.outbox("hr") / "hr_stability_subsidy_20250701_1.ok", ok_of(good, 1), LONG_AGO + 60)
    assert take(departments, "hr_stability_subsidy") == 1
    (delivery,) = deliveries(warehouse)
    assert (delivery["state"], delivery["reject_reason"], delivery["rows_delivered"]) == ("loaded", None, 1)


def test_the_same_rows_in_another_zip_repeat_the_first_delivery(departments: Simulators, warehouse: str) -> None:
    content = csv_of("hr_stability_subsidy", SUBSIDY, encoding="gb18030")
    put_zip(departments.home, "hr_stability_subsidy_20250701_1", zip_of(content))
    put_zip(departments.home, "hr_stability_subsidy_20250701_2", zip_of(content.replace(b"\r\n", b"\n")))
    put_zip(departments.home, "hr_stability_subsidy_20250801_1", zip_of(content))
    assert take(departments, "hr_stability_subsidy") == 3
    first, second, later_date = deliveries(warehouse)
    assert second["repeats_delivery_id"] == first["delivery_id"]
    assert (first["repeats_delivery_id"], later_date["repeats_delivery_id"]) == (None, None)


def test_an_unreadable_workbook_is_rejected_and_its_correction_lands(departments: Simulators, warehouse: str) -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["上市与挂牌情况表"])
    sheet.write_row(1, 0, [f.heading for f in contract("fn_listing").fields])
    sheet.write_row(2, 0, ["L1", "青岛甲公司", "", "上市", "主板", "2025年7月1日"])
    book.close()
    path = departments.home.outbox("finance") / "fn_listing_20250701.xlsx"
    put(path, target.getvalue()[:500])
    put(path.with_name("fn_listing_20250801.xlsx"), target.getvalue())
    put(path.with_name("~$fn_listing_20250901.xlsx"), b"lock file of a person's office")
    assert take(departments, "fn_listing") == 1
    put(path, target.getvalue(), LONG_AGO + 60)
    assert take(departments, "fn_listing") == 1
    assert [(d["delivered_on"].month, d["state"]) for d in deliveries(warehouse)] == [
        (7, "rejected"), (7, "loaded"), (8, "loaded"),
    ]  # fmt: skip
    assert "fn_listing_20250701.xlsx: unreadable xlsx" in deliveries(warehouse)[0]["reject_reason"]


ARREARS = ["T1", "青岛甲公司", "", "乙局", "机关", "370202", "1.00", "0.00", "2025-07-01", ""]


def test_a_file_sent_again_is_noticed_by_its_content(departments: Simulators, warehouse: str) -> None:
    path = departments.home.watched("industry") / "mi_arrears_20250701.csv"
    put(path, csv_of("mi_arrears", ARREARS))
    assert take(departments, "mi_arrears") == 1
    put(path, csv_of("mi_arrears", ARREARS), LONG_AGO + 60)
    assert take(departments, "mi_arrears") == 0
    put(path, csv_of("mi_arrears", ARREARS, ["T2", *ARREARS[1:]]), LONG_AGO + 120)
    assert take(departments, "mi_arrears") == 1
    assert [(d["rows_delivered"], d["repeats_delivery_id"]) for d in deliveries(warehouse)] == [(1, None), (2, None)]


def test_drift_is_reported_and_every_delivery_is_kept_as_received(departments: Simulators, warehouse: str) -> None:
    fields = [f.heading for f in contract("mi_arrears").fields]
    content = (",".join([*reversed(fields), "备注"]) + "\n" + ",".join([*reversed(ARREARS), "急"]) + "\n").encode()
    put(departments.home.watched("industry") / "mi_arrears_20250701.csv", content)
    assert take(departments, "mi_arrears") == 1
    (delivery,) = deliveries(warehouse)
    assert delivery["drift"] == {"extra": ["备注"], "missing": [], "reordered": True}
    assert store.read(delivery["landed_uri"]) == content
    assert (delivery["sha256"], delivery["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select complaint_no, _extra from raw.mi_arrears").fetchall() == [
            ("T1", {"备注": "急"})
        ]


def test_runs_and_stages_say_what_was_taken(departments: Simulators, warehouse: str) -> None:
    put(departments.home.watched("industry") / "mi_arrears_20250701.csv", csv_of("mi_arrears", ARREARS))
    take(departments, "mi_arrears")
    take(departments, "mi_arrears")
    with psycopg.connect(warehouse) as connection:
        found = connection.execute(
            "select stage, rows_in, rows_out, state from ops.stage_run order by stage_run_id"
        ).fetchall()
    assert found == [("pull", None, None, "success"), ("land", 1, 1, "success"),
                     ("pull", None, None, "skipped"), ("land", None, None, "skipped")]  # fmt: skip
