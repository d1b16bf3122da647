"""The page of an enterprise: complete, in Chinese, safe to open and to print."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from tests.serving.reported_town import AS_OF, BLACKLISTED, INDEBTED, SILENT, UNSAID, WHOLE
from tidu.cli import build
from tidu.errors import TiduError
from tidu.serving.reports.enterprise import page

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body>")[2]))


def section(html: str, tier: str) -> str:
    """The part of a page about one tier, as words."""
    (found,) = re.findall(rf"<section>\s*<h2>{tier}[ 　<].*?</section>", html, re.DOTALL)
    return words("<body>" + found)


def test_a_whole_record_is_met_clause_by_clause(town: str) -> None:
    found = section(page(WHOLE), "专精特新小巨人")
    for said in (
        "符合", "《优质中小企业梯度培育管理办法》", "工信部企业〔2026〕2号", "附件2 二", "15,000万元", "≥ 5,000万元",
        "≥ 90%", "95%", "10%", "≤ 75%", "66分", "≥ 60分", "没有部门提供产品目录",
    ):  # fmt: skip
        assert said in found, said
    assert "差距" not in found


def test_what_a_department_leaves_out_is_its_lever(town: str) -> None:
    found = section(page(UNSAID), "专精特新中小企业")
    assert "待定（缺数据）" in found
    assert "差距（共 1 项）" in found
    assert re.search(r"部门 专精特新发展评价得分50分以上 缺 ≥ 50分 补充数据", found)


def test_a_condition_instead_of_the_score_stands_beside_what_the_score_needs(town: str) -> None:
    found = section(page(SILENT), "创新型中小企业")
    assert "差距（共 2 项）" in found
    assert re.search(r"按评分途径则需 [4-7] 项：符合中小企业划型标准；", found)


def test_a_hair_above_the_threshold_is_seen(town: str) -> None:
    found = section(page(INDEBTED), "专精特新中小企业")
    assert "80.0001%" in found
    assert "不符合" in found


def test_drafts_are_never_shown_as_official(town: str) -> None:
    html = page(WHOLE)
    for tier in ("高新技术企业", "雏鹰企业", "制造业单项冠军", "独角兽企业"):
        found = section(html, tier)
        assert found.split("依据《")[0].count("草案") == 2, tier
    assert "草案" not in section(html, "专精特新中小企业")


def test_what_only_the_class_says_of_an_industry_system_is_a_candidate(town: str) -> None:
    assert "产业体系 智能家电（候选） 控股情况" in words(page(WHOLE))


@pytest.mark.parametrize("who", [WHOLE, UNSAID, INDEBTED, SILENT, BLACKLISTED])
def test_the_sheet_has_every_tier_and_the_annex_the_rest(town: str, who: str) -> None:
    sheet, annex = page(who, part="sheet"), page(who, part="annex")
    tiers = re.findall(r"<section>\s*<h2>([^　<]+)", annex)
    assert len(tiers) == 11
    assert [tier for tier in tiers if f"<td>{tier.strip()}</td>" not in sheet] == []
    assert "<section>" not in sheet
    assert "一览" not in annex
    assert "一览" in page(who)
    assert re.search(r"市场主体登记信息 \[\d", words(sheet))


def test_the_sheet_says_what_is_missing_who_closes_it_and_where_it_is_written(town: str) -> None:
    row = re.search(r"<td>专精特新中小企业</td>.*?</tr>", page(UNSAID, part="sheet"), re.DOTALL)
    assert row
    said = words("<body>" + row[0])
    assert re.search(r"待定（缺数据） — 专精特新发展评价得分50分以上（部门，缺数据） 附件1 七 \[\d", said), said


def test_a_closed_gate_leaves_the_rest_out(town: str) -> None:
    found = section(page(BLACKLISTED), "创新型中小企业")
    assert "基本条件不符合，其余条件不再评价" in found
    assert "未列入经营异常名录" in found
    assert "研发费用" not in found


def test_every_source_is_named_with_its_delivery(town: str) -> None:
    found = words(page(WHOLE))
    assert f"企业申报与自评 {WHOLE}|2026|1 2026-05-10 交付" in found
    assert "梯度培育认定名单 TD2 2025-03-15 交付" in found
    assert re.search(r"企业所得税年度申报 t0\|2025\|1 2026-06-20 交付", found)


def test_names_cannot_become_markup(town: str) -> None:
    html = page(SILENT)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_nothing_is_fetched_from_elsewhere(town: str) -> None:
    assert re.findall(r"(?:src|href)\s*=|url\(|@import|https?://", page(WHOLE)) == []


def test_ids_codes_and_former_ids_lead_to_one_page(town: str) -> None:
    with psycopg.connect(town, autocommit=True) as connection:
        (known,) = connection.execute("select enterprise_id from mart.enterprise where uscc = %s", [WHOLE]).fetchall()[
            0
        ]
        connection.execute(
            "insert into mart.enterprise_redirect (old_enterprise_id, new_enterprise_id, cause, on_date)"
            " values ('E0000000000000old', %s, 'merge', '2026-01-01')",
            [known],
        )
        assert page(known) == page(WHOLE) == page(WHOLE.lower()) == page("E0000000000000old")
        connection.execute("delete from mart.enterprise_redirect where old_enterprise_id = 'E0000000000000old'")


def test_what_is_not_there_is_said(town: str) -> None:
    with pytest.raises(TiduError, match="no enterprise has this id or credit code"):
        page("E404")
    with pytest.raises(TiduError, match="the first business date assessed is 2026-06-30"):
        page(WHOLE, dt.date(2026, 1, 1))


def test_a_later_day_reads_the_last_assessment(town: str) -> None:
    assert page(WHOLE, dt.date(2026, 9, 1)) == page(WHOLE, dt.date.fromisoformat(AS_OF)) == page(WHOLE)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page in")
def test_the_page_opens_in_a_browser_and_prints(town: str, tmp_path: Path) -> None:
    file, printed, shot = tmp_path / "page.html", tmp_path / "page.pdf", tmp_path / "page.png"
    done = CliRunner().invoke(build("report"), ["report", "enterprise", UNSAID, "--out", str(file)])
    assert done.exit_code == 0, done.output
    open_ = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    dom = subprocess.run([*open_, "--dump-dom", file.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    assert words(dom.stdout).strip() == words(file.read_text(encoding="utf-8")).replace("&lt;", "<").strip()
    subprocess.run([*open_, f"--print-to-pdf={printed}", file.as_uri()], capture_output=True, check=True, timeout=120)
    # A4 in points, as print.css asks
    sizes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", printed.read_bytes())
    assert sizes
    assert {(round(float(w)), round(float(h))) for w, h in sizes} <= {(595, 842), (596, 842), (595, 841), (596, 843)}
    alone = tmp_path / "sheet.html"
    for who in (WHOLE, UNSAID, BLACKLISTED):
        alone.write_text(page(who, part="sheet"), encoding="utf-8")
        subprocess.run(
            [*open_, f"--print-to-pdf={printed}", alone.as_uri()], capture_output=True, check=True, timeout=120
        )
        assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1, "one sheet of A4"
    subprocess.run([*open_, f"--screenshot={shot}", file.as_uri()], capture_output=True, check=True, timeout=120)
    assert shot.read_bytes().startswith(b"\x89PNG")
