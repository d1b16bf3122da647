"""The files of a release: the same bytes whenever they are made, nothing in them that the tables do not say."""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from python_calamine import CalamineWorkbook

from tests.integration.released_town import AS_OF, build_town, count
from tests.warehouses import new_warehouse
from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.publishing import approve, publish, release
from tidu.publishing.files import sdmx, shelf, workbook
from tidu.publishing.files.dictionary import texts
from tidu.settings import settings
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
TABLES = (
    "city_monthly", "district_monthly", "early_sign", "indicator", "plan_evaluation", "plan_target", "stock_movement",
)  # fmt: skip
NAMES = {
    "manifest.json", "dictionary.csv", "release.xlsx", "sdmx_structure.json", "sdmx_monthly.csv",
    *(f"{table}.{kind}" for table in TABLES for kind in ("csv", "parquet")),
}  # fmt: skip
KEY = ("period", "district_code", "indicator_code", "scope", "breakdown", "breakdown_value")
KEYS = {"plan_target": ("target_code",), "plan_evaluation": ("target_code", "evaluation", "period")}
HIDDEN = {"370202": "suppressed_primary", "370203": "suppressed_secondary"}


@pytest.fixture(scope="module")
def built(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a warehouse with one release not approved yet, two cells of it suppressed; tests copy it."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("draft")) as dsn:
        build_town(dsn)
        assert publish(AS_OF, "run-1", approver="") == 1
        with psycopg.connect(dsn) as connection:
            for district, status in HIDDEN.items():
                changed = connection.execute(
                    "update publish.district_monthly set value = null, yoy = null, mom = null, ytd = null,"
                    " cell_status = %s where district_code = %s"
                    " and indicator_code = 'insured_headcount' and period = '2025-03' and scope = 'all'",
                    [status, district],
                )
                assert changed.rowcount >= 1
        yield dsn.rsplit("/", 1)[1]


@pytest.fixture
def town(cluster: Cluster, built: str, tmp_path: Path) -> Iterator[str]:
    """DSN of a fresh copy, the release published and its files in their folder."""
    with new_warehouse(cluster, built, tmp_path) as dsn:
        approve(1, "李四")
        yield dsn


def folder() -> Path:
    return Path(settings().releases_url) / "1"


def rows(dsn: str, table: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(f"select * from publish.{table} where release_id = 1".encode())
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plain(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value


def text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


def test_a_published_release_leaves_its_files_chained_to_its_manifest(town: str) -> None:
    assert {p.name for p in folder().iterdir()} == NAMES | {"files.json"}
    told = json.loads((folder() / "files.json").read_text(encoding="utf-8"))
    assert told["manifest_sha256"] == release(1).manifest_sha256
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder().iterdir()}
    assert found["manifest.json"] == release(1).manifest_sha256
    assert {name: f["sha256"] for name, f in told["files"].items()} == {n: found[n] for n in NAMES}
    with connect() as connection:
        assert {f.name: f.sha256 for f in shelf.listing(connection, 1)} == {n: found[n] for n in NAMES}
        (detail,) = connection.execute("select detail from ops.release_event_log where event = 'filed'").fetchone() or (
            {},
        )
    assert detail["files_sha256"] == found["files.json"]
    assert {oct(p.stat().st_mode & 0o777) for p in folder().iterdir()} == {"0o440"}


def test_made_again_later_every_file_is_the_same(town: str, tmp_path: Path) -> None:
    # an archive notes times in steps of two seconds
    time.sleep(2.1)
    (tmp_path / "again").mkdir()
    with connect() as connection:
        assert shelf.make(connection, 1, tmp_path / "again") == shelf.listing(connection, 1)


def test_what_is_lost_is_written_again_and_what_was_changed_is_refused(town: str) -> None:
    content = (folder() / "city_monthly.csv").read_bytes()
    (folder() / "city_monthly.csv").unlink()
    (folder() / "files.json").unlink()
    shelf.keep(1)
    assert (folder() / "city_monthly.csv").read_bytes() == content
    assert (folder() / "files.json").exists()
    (folder() / "city_monthly.csv").chmod(0o640)
    (folder() / "city_monthly.csv").write_bytes(content.replace(b"666", b"667"))
    with pytest.raises(TiduError, match=r"city_monthly.csv has changed since it was written"):
        shelf.keep(1)


def test_files_of_other_code_do_not_take_the_place_of_those_of_the_release(
    town: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder() / "release.xlsx").unlink()
    monkeypatch.setattr(workbook, "MOST_ROWS", 2000)
    with pytest.raises(TiduError, match=r"not those it left \(release.xlsx\)"):
        shelf.keep(1)
    assert not (folder() / "release.xlsx").exists()


def test_files_that_a_crash_left_unrecorded_are_taken_over(town: str) -> None:
    with psycopg.connect(town) as connection:
        connection.execute(
            "set local session_replication_role = replica; delete from ops.release_file;"
            " delete from ops.release_event_log where event = 'filed'"
        )
    (folder() / "files.json").unlink()
    before = {p.name: p.stat().st_mtime_ns for p in folder().iterdir()}
    assert shelf.fill() == [1]
    assert {p.name: p.stat().st_mtime_ns for p in folder().iterdir() if p.name != "files.json"} == before
    assert count(town, "select count(*) from ops.release_file") == len(NAMES)
    assert shelf.fill() == []


def test_only_what_was_published_has_files(cluster: Cluster, built: str, tmp_path: Path) -> None:
    with new_warehouse(cluster, built, tmp_path):
        with pytest.raises(TiduError, match="was never published"):
            shelf.keep(1)
        assert shelf.fill() == []
        assert not folder().exists()


@pytest.mark.parametrize("table", TABLES)
def test_csv_and_parquet_hold_every_row_of_the_table_in_order(town: str, table: str) -> None:
    from pyarrow import parquet

    wanted = [{k: "|".join(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows(town, table)]
    stored = parquet.read_table(folder() / f"{table}.parquet").to_pylist()
    assert sorted(repr({k: plain(v) for k, v in r.items()}) for r in stored) == sorted(
        repr({k: plain(v) for k, v in r.items()}) for r in wanted
    )
    said = read_csv(folder() / f"{table}.csv")
    assert sorted(map(repr, said)) == sorted(repr({k: text(v) for k, v in r.items()}) for r in wanted)
    key = KEYS.get(table, KEY)
    order = [tuple(r[k].encode() for k in key if k in r) for r in said]
    assert order == sorted(order)
    assert [tuple(r[k].encode() for k in key if k in r) for r in stored] == order
    assert b"\r" not in (folder() / f"{table}.csv").read_bytes()


def test_the_dictionary_explains_every_column_and_every_code_and_no_other(town: str) -> None:
    with psycopg.connect(town) as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = 'publish'"
            " and table_name = any(%s)",
            [list(TABLES)],
        ).fetchall()
        allowed = connection.execute(
            "select a.attname, array_remove(array(select m[1] from regexp_matches("
            "   pg_get_constraintdef(c.oid), '''([^'']*)''::text', 'g') as m), '')"
            " from pg_constraint as c join pg_attribute as a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]"
            " where c.contype = 'c' and c.conrelid = 'publish.city_monthly'::regclass and a.attname <> 'period'"
        ).fetchall()
    assert {c for _, c in columns} == set(texts()["columns"])
    assert {t for t, _ in columns} == set(texts()["tables"])
    assert {column for column, _ in allowed} == {"scope", "cell_status", "unit", "breakdown"}
    for column, codes in allowed:
        assert set(codes) == set(texts()["codes"][column]), column
    lines = read_csv(folder() / "dictionary.csv")
    assert {(r["table"], r["column"]) for r in lines if r["table"] and r["column"]} == set(columns)
    assert all(r["name_zh"] and r["name_en"] and r["meaning_zh"] for r in lines if r["table"] and r["column"])
    assert {r["code"] for r in lines if r["column"] == "indicator_code" and r["code"]} == {
        r["indicator_code"] for r in rows(town, "indicator")
    }


def test_the_workbook_shows_the_tables_with_chinese_headings(town: str) -> None:
    book = CalamineWorkbook.from_path(folder() / "release.xlsx")
    said = texts()["tables"]
    assert book.sheet_names == ["说明", *(said[t]["zh"] for t in TABLES), "数据字典"]
    cells = book.get_sheet_by_name(said["city_monthly"]["zh"]).to_python()
    assert cells[0][:4] == ["发布编号", "月份", "指标代码", "指标名称"]
    assert len(cells) - 1 == count(town, "select count(*) from publish.city_monthly")
    place = cells[0].index("数值")
    total = {(r[1], r[2], r[4], r[6]): r[place] for r in cells[1:]}
    assert total["2025-03", "insured_headcount", "all", ""] == 666
    assert "1" in book.get_sheet_by_name("说明").to_python()[0]


def test_a_table_too_long_for_the_workbook_says_so(town: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 2000)
    (tmp_path / "made").mkdir()
    with connect() as connection:
        shelf.make(connection, 1, tmp_path / "made")
    book = CalamineWorkbook.from_path(tmp_path / "made" / "release.xlsx")
    said = " ".join(str(cell) for row in book.get_sheet_by_name("说明").to_python() for cell in row)
    assert "district_monthly.parquet" in said
    assert "city_monthly.csv" not in said
    cells = book.get_sheet_by_name(texts()["tables"]["district_monthly"]["zh"]).to_python()
    assert len(cells) - 1 == count(
        town, "select count(*) from publish.district_monthly where period = '2025-03' or breakdown = ''"
    )
    assert len(cells) - 1 < count(town, "select count(*) from publish.district_monthly")


def test_no_file_tells_the_value_of_a_suppressed_cell(town: str) -> None:
    measures = {"value", "obs_value", "yoy", "mom", "ytd"}
    for name, status, area in (
        ("district_monthly.csv", "cell_status", "district_code"),
        ("sdmx_monthly.csv", "OBS_STATUS", "REF_AREA"),
    ):
        hidden = [r for r in read_csv(folder() / name) if r[status] in (*HIDDEN.values(), "Q")]
        assert {r[area] for r in hidden} == set(HIDDEN)
        assert {r[k] for r in hidden for k in r if k.lower() in measures} == {""}
    book = CalamineWorkbook.from_path(folder() / "release.xlsx")
    heading, *cells = book.get_sheet_by_name(texts()["tables"]["district_monthly"]["zh"]).to_python()
    shown = [dict(zip(heading, row, strict=True)) for row in cells]
    suppressed = [r for r in shown if r["单元格状态"] in HIDDEN.values()]
    assert {str(r["区划代码"]) for r in suppressed} == set(HIDDEN)
    assert {r[k] for r in suppressed for k in ("数值", "同比", "环比", "本年累计")} == {""}


def statuses(status: str, value: Any) -> tuple[str, str]:
    """OBS_STATUS and CONF_STATUS of a cell, written down a second time."""
    if status == "incomplete":
        return ("L" if value is None else "P"), "F"
    if status == "published":
        return ("M" if value is None else "A"), "F"
    return "Q", {"suppressed_primary": "C", "suppressed_secondary": "D"}[status]


def test_every_published_cell_comes_back_from_sdmx(town: str) -> None:
    """Read by the library's own reader: keys by the names of their codes, measures, and why a measure is missing."""
    from pysdmx.io import read_sdmx

    (data,) = read_sdmx(folder() / "sdmx_monthly.csv").data
    assert data.structure == f"Dataflow={sdmx.AGENCY}:{sdmx.FLOW}({sdmx.VERSION})"
    with connect() as connection:
        lists = sdmx.code_lists(connection, 1)
    values = {(breakdown, code): value for (breakdown, value), code in lists.values.items()}
    units = {code: unit for unit, code in sdmx.UNITS.items()}
    found = {}
    for row in data.data.to_dict("records"):
        breakdown = "" if row["BREAKDOWN"] == "_T" else row["BREAKDOWN"]
        value = values[breakdown, row["BREAKDOWN_VALUE"]] if breakdown else ""
        measures = tuple(Decimal(row[m]).normalize() if row[m] else None for m in sdmx.MEASURES)
        key = (row["REF_AREA"], row["TIME_PERIOD"], row["INDICATOR"], row["SCOPE"], breakdown, value)
        found[key] = (*measures, units[row["UNIT_MEASURE"]], row["OBS_STATUS"], row["CONF_STATUS"])
    wanted = {}
    for table in ("city_monthly", "district_monthly"):
        for row in rows(town, table):
            cell = tuple(row[k] for k in KEY if k != "district_code")
            measures = tuple(plain(row[c]) for c in ("value", "yoy", "mom", "ytd"))
            place = row.get("district_code", "370200")
            wanted[place, *cell] = (*measures, row["unit"], *statuses(row["cell_status"], row["value"]))
    assert len(found) == len(data.data)
    assert found == wanted
    assert {told[-2] for told in wanted.values()} == {"A", "L", "M", "Q"}


def test_the_structure_message_lists_every_code_of_the_data(town: str) -> None:
    import msgspec
    from pysdmx.io.json.sdmxjson2.messages import JsonStructureMessage
    from pysdmx.model import Codelist, ConceptScheme, Dataflow, DataStructureDefinition

    content = (folder() / "sdmx_structure.json").read_bytes()
    read = msgspec.json.decode(content, type=JsonStructureMessage).to_model()
    kinds: dict[Any, list[Any]] = {
        kind: [s for s in read.structures if isinstance(s, kind)]
        for kind in (Codelist, ConceptScheme, DataStructureDefinition, Dataflow)
    }
    assert [len(found) for found in kinds.values()] == [9, 1, 1, 1]
    (structure,) = kinds[DataStructureDefinition]
    said = read_csv(folder() / "sdmx_monthly.csv")
    assert list(said[0])[3:] == [c.id for c in structure.components]
    listed = {c.id: c.enumeration for c in structure.components if c.enumeration is not None}
    assert len(listed) == 9
    for name, codes in listed.items():
        assert {r[name] for r in said} <= {code.id for code in codes}, name
    assert json.loads(content)["meta"]["prepared"].startswith(AS_OF.isoformat())


def test_two_values_of_one_reading_have_codes_of_their_own(town: str) -> None:
    with psycopg.connect(town) as connection:
        connection.execute("set local session_replication_role = replica")
        for value in ("大型", "达型"):
            connection.execute(
                "insert into publish.city_monthly select release_id, period, indicator_code, indicator_name, scope,"
                " 'size_class', %s, value, unit, yoy, mom, ytd, cell_status from publish.city_monthly"
                " where breakdown = '' and indicator_code = 'enterprises' limit 1",
                [value],
            )
        values = sdmx.code_lists(connection, 1).codes["CL_BREAKDOWN_VALUE"]
        connection.rollback()
    read_alike = {code: value for code, value in values.items() if code.startswith("DAXING")}
    assert sorted(read_alike.values()) == ["大型企业", "达型"]
    assert len(read_alike) == 2
