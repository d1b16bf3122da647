"""The cockpit as a file: one file, no network, everything of the release and nothing of any enterprise."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from tests.browser.shown_town import COMPLETE, CROWDED_TIER, DRAFT, EMPTY, FIRST, NEWEST
from tests.browser.test_cockpit_page import SHIBEI, card, district_row, opened
from tidu.cli import release
from tidu.errors import TiduError
from tidu.serving.cockpit import write_cockpit

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]


@pytest.fixture(scope="module")
def file(town: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest release as a file, written by the command."""
    assert town
    path = tmp_path_factory.mktemp("files") / "cockpit.html"
    done = CliRunner().invoke(release.app, ["cockpit", str(NEWEST), "--out", str(path)])
    assert (done.exit_code, done.output.strip()) == (0, f"written: {path}")
    return path


def test_the_file_needs_no_network_and_shows_what_the_server_shows(
    page: Page, address: str, file: Path, town: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    where = f"#/{SHIBEI}?period={COMPLETE}&indicator=insured_headcount"
    opened(page, address, where)
    shown = {part: page.locator(part).inner_text() for part in ("#cards", "#map table", "#trend", "#movement")}
    asked.clear()
    page.context.set_offline(True)
    opened(page, file.as_uri(), where)
    assert {part: page.locator(part).inner_text() for part in shown} == shown
    assert card(page, "insured_headcount") == "保密"
    assert asked == [file.as_uri()]


def test_the_file_leads_down_to_districts_and_says_what_it_lacks(page: Page, file: Path) -> None:
    page.context.set_offline(True)
    opened(page, file.as_uri())
    assert "离线单文件" in page.locator(".top").inner_text()
    assert "不含：企业名单" in page.locator(".release").inner_text()
    assert page.locator("#pool").count() == 0
    page.locator("#map tbody a", has_text="市北区").click()
    expect(page.locator("h1")).to_contain_text("市北区")
    assert re.match(r"市北区\s+5\b", district_row(page, "市北区"))
    page.select_option("#period", "2025-01")
    for part in ("#cuts", "#tiers"):
        expect(page.locator(part)).to_contain_text("只含最近 3 个月")
    page.select_option("#period", "2026-04")
    expect(page.locator("#cuts-chart")).to_be_visible()
    page.goto(f"{file.as_uri()}#/{SHIBEI}/enterprises?tier={CROWDED_TIER}")
    expect(page.locator("h1")).to_have_text("本文件不含企业名单")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_axe_finds_nothing_in_the_file(page: Page, file: Path, language: str) -> None:
    opened(page, f"{file.as_uri()}?lang={language}")
    found = Axe().run(page)
    assert {v["id"]: v["nodes"] for v in found.response["violations"]} == {}


def test_the_same_release_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    again = tmp_path / "deeper" / "cockpit.html"
    write_cockpit(NEWEST, again)
    assert again.read_bytes() == file.read_bytes()
    write_cockpit(FIRST, again)
    assert again.read_bytes() != file.read_bytes()
    assert [path.name for path in again.parent.iterdir()] == ["cockpit.html"]


def test_the_file_names_no_enterprise_and_no_address_of_a_network(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.encode()) < 3_000_000
    assert "default-src 'none'" in text
    markup = re.sub(r"(<script[^>]*>).*?</script>", r"\1", text, flags=re.DOTALL)
    assert len(markup) < 20_000
    assert "<script" in markup
    assert not re.findall(r"(?:src|href)=\"(?!data:)[^\"]+\"", markup)
    (packed,) = re.findall(r'id="held">([^<]+)<', text)
    held = gzip.decompress(base64.b64decode(packed)).decode()
    assert len(held) > 100_000
    assert "有限公司" not in held + text


@pytest.mark.parametrize(
    ("number", "said"), [(DRAFT, "草案：尚未批准，不得对外使用"), (EMPTY, f"第 {EMPTY} 号发布没有数据")]
)
def test_any_release_can_be_a_file_and_names_its_state(
    page: Page, town: str, tmp_path: Path, number: int, said: str
) -> None:
    assert town
    write_cockpit(number, tmp_path / "x.html")
    opened(page, (tmp_path / "x.html").as_uri())
    assert said in page.locator("body").inner_text()


def test_a_release_that_is_not_there_is_refused(town: str, tmp_path: Path) -> None:
    assert town
    with pytest.raises(TiduError, match="there is no release 77"):
        write_cockpit(77, tmp_path / "x.html")
    assert list(tmp_path.glob("*.html")) == []
