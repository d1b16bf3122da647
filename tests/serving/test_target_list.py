"""Target lists by tier: what the plan asks for, what is reached in its span, who may still be won, by district."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from tests.serving.reported_town import BLACKLISTED, INDEBTED, SILENT, UNSAID, WHOLE
from tidu.cli import build
from tidu.errors import TiduError
from tidu.serving.reports.targets import districts, shared_out, target_list, write_targets

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
INNOVATIVE, SPECIALISED, GIANT = "创新型中小企业", "专精特新中小企业", "专精特新小巨人"


def test_a_target_stands_beside_what_is_reached_in_its_span(town: str) -> None:
    found = target_list(SPECIALISED, year=2025)
    # WHOLE holds the tier since 2024: new in the five years, not in the last one
    assert [(p.target.code, p.newly_held, p.held, p.needed) for p in found.progress] == [
        ("new_specialised", 1, 1, 399), ("specialised_2025", 0, 1, 500),
    ]  # fmt: skip


def test_titles_count_by_enterprise_and_while_they_stand(town: str) -> None:
    counted = {year: target_list(INNOVATIVE, year=year).districts[-1] for year in (2023, 2024, 2025, 2026)}
    # four enterprises were awarded five titles in 2024; at the end of June 2026 one of them has run out
    assert {y: (row["held"], row["newly_held"]) for y, row in counted.items()} == {
        2023: (0, 0), 2024: (4, 4), 2025: (4, 0), 2026: (3, 0),
    }  # fmt: skip


def test_a_year_without_targets_shows_the_last_that_has_some(town: str) -> None:
    found = target_list(INNOVATIVE)
    assert (found.as_of, found.year) == (dt.date(2026, 6, 30), 2025)
    assert [p.target.code for p in found.progress] == ["innovative_2025"]
    assert target_list("科技型中小企业").progress == ()


def test_candidates_stand_by_readiness_and_rank_and_holders_are_none(town: str) -> None:
    found = target_list(GIANT).candidates
    assert [(r["readiness"], r["rank"], r["uscc"]) for r in found] == [
        ("ready", 1, WHOLE), ("near", 2, INDEBTED),
    ]  # fmt: skip
    assert [r["uscc"] for r in target_list(GIANT, "370203").candidates] == [WHOLE]
    assert "资产负债率" in found[1]["lacking"]
    innovative = {r["uscc"] for r in target_list(INNOVATIVE).candidates}
    assert innovative & {WHOLE, UNSAID, BLACKLISTED, SILENT} == set()
    assert innovative == {INDEBTED}, "its title has run out"
    assert target_list(INNOVATIVE, "370203").candidates == ()


def test_a_tier_nobody_holds_or_comes_near_has_the_citys_row_of_nothing(town: str) -> None:
    found = target_list("独角兽企业")
    assert [row["district_code"] for row in found.districts] == ["370200"]
    assert [row[2:7] for row in districts(found)] == [(0, 0, 0, 0, 0)]
    done = CliRunner().invoke(build("report"), ["report", "targets", "--tier", "独角兽企业"])
    assert done.exit_code == 0, done.output


def test_what_is_needed_is_shared_by_candidates_and_never_more_than_there_are(town: str) -> None:
    assert shared_out(10, [1, 1, 4]) == [1, 1, 4]
    assert shared_out(4, [1, 1, 4]) == [1, 0, 3], "of like remainders the first"
    assert [sum(shared_out(n, [3, 5, 7, 0])) for n in range(16)] == list(range(16))
    assert shared_out(5, [0, 0]) == [0, 0]
    rows = {row[1]: row for row in districts(target_list(GIANT))}
    assert (rows["370203"][-1], rows["370200"][-1]) == (1, 20)
    assert set(dict.fromkeys(row[1] for row in districts(target_list(GIANT), "370203"))) == {"370203", "370200"}


def test_the_workbook_has_targets_districts_candidates_and_notes(town: str, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    done = CliRunner().invoke(build("report"), ["report", "targets", "--tier", GIANT, "--out", str(out)])
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["目标", "区（市）", "候选", "说明"]
    asked = [row[1:8] for row in book["目标"].iter_rows(min_row=2, values_only=True)]
    assert asked == [
        ("新增国家级专精特新“小巨人”企业", "2021–2025", "不少于", 150, 0, 0, 150),
        ("专精特新“小巨人”企业培育", "2025", "计划", 20, 0, 0, 20),
    ]
    candidate, _ = book["候选"].iter_rows(min_row=2, values_only=True)
    assert candidate[1:5] == ("已符合", 1, "青岛甲机械有限公司", WHOLE)
    notes = dict(book["说明"].iter_rows(min_row=2, values_only=True, max_col=2))
    assert "2026 年没有下达目标" in notes["目标"]
    write_targets(tmp_path / "again.xlsx", target_list(GIANT))
    assert (tmp_path / "again.xlsx").read_bytes() == out.read_bytes()


def test_the_command_prints_without_a_file_and_names_what_it_does_not_know(town: str) -> None:
    done = CliRunner().invoke(build("report"), ["report", "targets", "--tier", SPECIALISED])
    assert done.exit_code == 0, done.output
    assert "专精特新中小企业培育 500 家，新认定 0，仍需 500" in done.output
    with pytest.raises(TiduError, match="百强: no policy in force on 2026-06-30 is for this tier; there are 专精特新"):
        target_list("百强")
