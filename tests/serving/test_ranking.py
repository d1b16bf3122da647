"""Rankings: ties share a rank, what is missing is counted and never taken for zero."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import psycopg
import pytest
from typer.testing import CliRunner

from tests.serving.reported_town import AS_OF, BLACKLISTED, INDEBTED, UNSAID, WHOLE
from tidu.cli import build
from tidu.errors import TiduError
from tidu.serving.reports.ranking import ranking, write_ranking
from tidu.transform.industry_systems import tags_of

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_ties_share_a_rank_and_the_next_counts_them_all(town: str) -> None:
    found = ranking("revenue", 2025)
    # of one rank by name: 丙 before 甲
    assert [(p.rank, p.sharing, p.uscc) for p in found.places] == [
        (1, 2, INDEBTED), (1, 2, WHOLE), (3, 1, UNSAID), (4, 1, BLACKLISTED),
    ]  # fmt: skip


def test_a_tie_at_the_end_is_listed_whole(town: str) -> None:
    assert [p.rank for p in ranking("revenue", 2025, top=1).places] == [1, 1]
    assert [p.rank for p in ranking("revenue", 2025, top=2).places] == [1, 1]


def test_who_has_no_figure_is_counted_and_has_no_rank(town: str) -> None:
    found = ranking("rd_expense", 2025)
    assert (found.asked, found.missing, found.nothing, len(found.places)) == (5, 1, 0, 4)
    notes = dict(found.notes())
    assert notes["缺数据"].startswith("1 家没有该年数据")
    assert notes["来源"].startswith("企业所得税年度申报")
    with pytest.raises(TiduError, match="none of 5 enterprises has a figure for 1999"):
        ranking("tax_paid", 1999)


def test_a_tag_asks_those_alone_whose_class_points_to_it(town: str) -> None:
    found = ranking("revenue", 2025, tag="smart_home_appliance")
    assert ([p.uscc for p in found.places], found.asked) == ([INDEBTED, WHOLE, BLACKLISTED], 4)
    assert "仅为候选" in dict(found.notes())["产业体系"]
    assert [p.uscc for p in ranking("revenue", 2025, tag="biology").places] == [UNSAID]
    with pytest.raises(TiduError, match="horses is a tag of no industry system"):
        ranking("revenue", 2025, tag="horses")


def test_the_warehouse_and_the_reader_tell_the_same_tags(town: str) -> None:
    with psycopg.connect(town) as connection:
        held = connection.execute(
            "select e.industry_code, t.tag, t.certainty from intermediate.int_enterprise__industry_tag as t"
            " join mart.enterprise as e using (enterprise_id)"
        ).fetchall()
    day = dt.date.fromisoformat(AS_OF)
    told = {(c, b.tag.code, b.industry.certainty) for c in ("C3851", "C2710") for b in tags_of(c, day)}
    assert set(held) == told
    assert len(told) == 3


def test_figures_are_masked_unless_asked_for(town: str, tmp_path: Path) -> None:
    found = ranking("revenue", 2025)
    for restricted, shown in ((False, "＊＊＊"), (True, "15,000万元")):
        write_ranking(tmp_path / "out.xlsx", found, restricted=restricted)
        sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["排名"]
        assert [cell.value for cell in sheet["F"]][1] == shown


def test_the_command_says_what_it_does_not_know(town: str) -> None:
    done = CliRunner().invoke(build("report"), ["report", "ranking", "--measure", "revenue", "--year", "2025"])
    assert done.exit_code == 0, done.output
    assert "1 家没有该年数据" in done.output
    assert "15,000万元" not in done.output
    refused = CliRunner().invoke(build("report"), ["report", "ranking", "--measure", "profit", "--year", "2025"])
    assert "profit is not known; there are revenue, tax_paid, rd_expense" in str(refused.exception)
