"""The workbook of a district: who is near, what is lacking, what ends soon; restricted figures only where asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from tests.serving.reported_town import BLACKLISTED, INDEBTED, NAMES, SILENT, UNSAID, WHOLE
from tidu.cli import build
from tidu.errors import TiduError
from tidu.serving.reports.district import write_district

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
NORTH, SOUTH = "370203", "370202"
Rows = list[dict[str, Any]]


def sheets(file: Path) -> dict[str, Rows]:
    book = openpyxl.load_workbook(file)
    found = {}
    for sheet in book:
        heading, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(map(str, heading), row, strict=True)) for row in rows]
    return found


def written(tmp_path: Path, district: str = NORTH, **options: Any) -> dict[str, Rows]:
    write_district(tmp_path / "out.xlsx", district, **options)
    return sheets(tmp_path / "out.xlsx")


def of(rows: Rows, tier: str) -> Rows:
    return [row for row in rows if row["层级"] == tier]


def test_candidates_stand_by_how_near_they_are(town: str, tmp_path: Path) -> None:
    found = of(written(tmp_path)["候选"], "专精特新中小企业")
    assert [(r["统一社会信用代码"], r["结论"], r["差距项数"], r["其中部门"]) for r in found[:2]] == [
        (WHOLE, "符合", 0, 0), (UNSAID, "待定（缺数据）", 1, 1),
    ]  # fmt: skip
    assert [r["统一社会信用代码"] for r in found] == [WHOLE, UNSAID, SILENT]
    assert (found[0]["已持有该层级"], str(found[0]["有效期至"])[:10]) == ("是", "2026-12-31")
    assert found[1]["已持有该层级"] == "否"


def test_a_condition_instead_of_the_score_is_one_gap_and_brings_nobody_nearer(town: str, tmp_path: Path) -> None:
    found = written(tmp_path)
    (silent,) = [r for r in of(found["候选"], "创新型中小企业") if r["统一社会信用代码"] == SILENT]
    assert silent["差距项数"] == 2
    assert silent["按评分途径"] > 3
    (_, gap) = [r for r in of(found["差距"], "创新型中小企业") if r["统一社会信用代码"] == SILENT]
    assert gap["条款"].startswith("附件1 一")


def test_whom_a_gate_keeps_out_is_no_candidate(town: str, tmp_path: Path) -> None:
    assert BLACKLISTED not in {r["统一社会信用代码"] for r in written(tmp_path)["候选"]}


def test_a_district_sees_its_own_and_the_city_all(town: str, tmp_path: Path) -> None:
    assert {r["统一社会信用代码"] for r in written(tmp_path, SOUTH)["候选"]} == {INDEBTED}
    assert {WHOLE, INDEBTED} <= {r["统一社会信用代码"] for r in written(tmp_path, "370200")["候选"]}
    with pytest.raises(TiduError, match="no enterprise of this district"):
        write_district(tmp_path / "none.xlsx", "379999")
    assert not (tmp_path / "none.xlsx").exists()


def test_as_many_as_asked_for_stand_beside_those_that_meet(town: str, tmp_path: Path) -> None:
    found = of(written(tmp_path, nearest=2)["候选"], "专精特新中小企业")
    assert [r["统一社会信用代码"] for r in found] == [WHOLE, UNSAID]


def test_every_gap_has_a_row_and_who_can_close_it(town: str, tmp_path: Path) -> None:
    found = written(tmp_path)
    (gap,) = [r for r in of(found["差距"], "专精特新中小企业") if r["统一社会信用代码"] == UNSAID]
    assert (gap["条款"], gap["情况"], gap["由谁补足"], gap["需要"]) == ("附件1 七", "缺数据", "部门", "≥ 50分")
    counted = {(r["层级"], r["统一社会信用代码"]): r["差距项数"] for r in found["候选"] if r["差距项数"]}
    rows = {key: 0 for key in counted}
    for r in found["差距"]:
        rows[r["层级"], r["统一社会信用代码"]] += 1
    assert rows == counted


def test_restricted_figures_are_masked_unless_asked_for(town: str, tmp_path: Path) -> None:
    def debt(**options: bool) -> tuple[str, str]:
        found = of(written(tmp_path, SOUTH, **options)["差距"], "专精特新中小企业")
        (row,) = [r for r in found if "资产负债率" in r["条件"]]
        return row["现状"], row["还差"]

    assert debt() == ("＊＊＊", "＊＊＊")
    assert debt(restricted=True) == ("80.0001%", "0.0001%")


def test_titles_that_end_within_a_year(town: str, tmp_path: Path) -> None:
    found = written(tmp_path)["到期"]
    # TD3 has a later one of the same tier, TD1 lasts longer, TD4 is over and of another district
    assert [(r["证书或文号"], r["层级"], r["剩余天数"]) for r in found] == [
        ("TD5", "创新型中小企业", 92), ("TD2", "专精特新中小企业", 184),
    ]  # fmt: skip


def test_notes_name_every_policy_and_its_standing(town: str, tmp_path: Path) -> None:
    notes = {r["项目"]: r["内容"] for r in written(tmp_path)["说明"]}
    assert notes["业务日期"] == "2026-06-30"
    assert "工信部企业〔2026〕2号" in notes["专精特新中小企业"]
    assert "FOUND×3" in notes["专精特新中小企业"]
    assert "草案，不作为正式结论" in notes["雏鹰企业"]
    assert "草案" not in notes["专精特新小巨人"]
    assert "遮盖" in notes["受限数据"]


def test_a_name_is_never_a_formula(town: str, tmp_path: Path) -> None:
    write_district(tmp_path / "out.xlsx", NORTH)
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "out.xlsx")["候选"].iter_rows() for cell in row]
    named = [cell for cell in cells if cell.value == NAMES[SILENT]]
    assert named
    assert {cell.data_type for cell in named} == {"s"}


def test_the_same_assessment_gives_the_same_file(town: str, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        done = CliRunner().invoke(build("report"), ["report", "district", NORTH, "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
