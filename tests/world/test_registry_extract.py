"""Worlds around registry extracts: a hand-written one, and the real one where it is at hand."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import stdnum.cn.uscc

from simulators.world.extract import district
from simulators.world.registry import COLUMNS, UNREAD_FILE, from_registry

REAL = Path(__file__).resolve().parents[3] / "shared" / "reference" / "data" / "registry" / "qingdao_registry_dev.csv"
INVENTED = [
    (
        "青岛甲乙机械有限公司",
        "91370202MA3C000011",
        "2001-02-03",
        "N/A",
        "1,286.5000(万)",
        "机械",
        "青岛市市南区某路1号",
    ),
    (
        "青岛丙丁贸易有限公司",
        "91370282MA3C00002X",
        "2009-02-03",
        "有限责任公司",
        "160(万新加坡元)",
        "贸易",
        "即墨市某路2号",
    ),
    ("青岛戊己实业公司", "9137020ama3c000031", "1999-12-31", "集体所有制", "N/A", "实业", "青岛市四方区某路3号"),
    ("胶州市某果蔬专业合作社", "93370281MA3C000044", "2012-05-06", "N/A", "8.8E-05万人民币", "果蔬", "胶州市某镇某村"),
    ("青岛甲乙机械有限公司即墨分公司", "N/A", "2013-05-06", "N/A", "-", "机械", "胶南市某路"),
]


def valid(code: str) -> str:
    """The code with its check characters set right."""
    if len(code) != 18 or not code.isupper():
        return code
    import numpy as np

    from simulators.world.identifiers import org_codes, usccs

    return str(usccs(np.array([code[:8]]), org_codes(np.array([code[8:16]])))[0])


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    file = tmp_path / "extract.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*COLUMNS, "来源文件"])
        for name, code, founded, kind, capital, scope, address in INVENTED:
            writer.writerow([name, valid(code), founded, kind, capital, scope, "山东", "青岛", address, "x.csv"])
    return file


def registrations(world: Path) -> pl.DataFrame:
    return pl.read_csv(min((world / "ms_registration").glob("*.csv")), infer_schema=False)


def test_rows_become_registrations_as_they_say(extract: Path, tmp_path: Path) -> None:
    report = from_registry(extract, tmp_path / "world", 2, date(2025, 1, 1), 1)
    assert (report.rows, report.repeated, report.faulty, report.capital_read) == (5, 0, 1, 2)
    rows = {r["entity_name"]: r for r in registrations(tmp_path / "world").sort("updated_at").iter_rows(named=True)}
    first, second, third, coop, branch = (rows[r[0]] for r in INVENTED)
    assert (first["registered_capital_wan"], first["currency"], first["district_code"]) == ("1286.50", "CNY", "370202")
    assert (second["registered_capital_wan"], second["currency"], second["district_code"]) == (None, None, "370282")
    assert (third["district_code"], third["uscc"], third["reg_type_code"]) == ("370205", "9137020ama3c000031", "120")
    assert (coop["entity_category"], coop["registered_capital_wan"]) == ("农民专业合作社", "0.000088")
    assert (branch["district_code"], branch["uscc"]) == ("370284", None)
    unread = pl.read_csv(tmp_path / "world" / UNREAD_FILE, infer_schema=False)
    assert unread["注册资金"].to_list() == ["160(万新加坡元)"]
    faults = pl.read_csv(tmp_path / "world" / "truth" / "faults.csv", infer_schema=False)
    assert faults.filter((pl.col("dataset") == "ms_registration") & (pl.col("rule") == "uscc:uscc")).height >= 1


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    file = tmp_path / "short.csv"
    file.write_text("企业名称,注册日期\n甲,2001-01-01\n", encoding="utf-8")
    with pytest.raises(ValueError, match="统一社会信用代码"):
        from_registry(file, tmp_path / "world")


@pytest.mark.parametrize(
    ("address", "uscc", "code"),
    [
        ("青岛市四方区杭州路1号", "91370203X", "370205"),
        ("山东省青岛市黄岛区胶南市旧址", None, "370211"),
        ("青岛经济技术开发区松花江路18号", "91370200X", "370211"),
        ("青岛保税区上海路34号", "91370220X", "370220"),
        ("", None, "379999"),
    ],
)
def test_district(address: str, uscc: str | None, code: str) -> None:
    assert district(address, uscc) == code


@pytest.mark.skipif(not REAL.exists(), reason="the real registry extract is not at hand (../shared)")
def test_the_real_extract(tmp_path: Path) -> None:
    report = from_registry(REAL, tmp_path / "world", 1, date(2025, 1, 1), 1)
    with REAL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stated = [r for r in rows if r["注册资金"] not in ("N/A", "-", "")]
    assert report.capital_read + len(report.capital_unread) == len(stated) > 6000
    codes = {r["统一社会信用代码"] for r in rows}
    bad = {c for c in codes if c != c.upper() or not stdnum.cn.uscc.is_valid(c)}
    assert report.faulty == len(bad)
    first = registrations(tmp_path / "world")
    assert codes <= set(first["uscc"].drop_nulls())
    assert {"370205", "370282", "370284"} <= set(first["district_code"])
