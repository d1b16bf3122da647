"""What the page says when there is nothing to show: no release yet, no tables, no database."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from psycopg.conninfo import make_conninfo

from tests.browser.serving import serving
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster, free_port

pytestmark = [pytest.mark.postgres, pytest.mark.proof]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("no release", {"zh": "还没有任何已发布的数据", "en": "Nothing has been published yet"}),
        ("no tables", {"zh": "数据库还没有准备好", "en": "The database is not ready yet"}),
        ("no database", {"zh": "数据库现在连不上", "en": "The database cannot be reached now"}),
    ],
)
def test_the_page_says_what_is_wrong_and_what_to_do(
    browser: Browser, cluster: Cluster, warehouse_template: str, tmp_path: Path, state: str, said: dict[str, str],
    language: str,
) -> None:  # fmt: skip
    with new_warehouse(cluster, warehouse_template, tmp_path) as dsn, pytest.MonkeyPatch.context() as patch:
        if state == "no tables":
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("drop table publish.city_monthly, ops.release cascade")
        if state == "no database":
            patch.setenv("TIDU_DSN", make_conninfo(dsn, port=free_port(), connect_timeout=2))
        with serving() as address, browser.new_context(locale="zh-CN") as context:
            page = context.new_page()
            answer = page.goto(f"{address}?lang={language}")
            assert answer is not None and answer.status == 200
            expect(page.locator("h1")).to_have_text(said[language])
            help_ = {"no release": "tidu release approve", "no tables": "tidu migrate", "no database": "tidu status"}
            assert help_[state] in page.locator("main").inner_text()
            assert Axe().run(page).violations_count == 0


def test_a_database_that_goes_away_under_an_open_page_is_said(browser: Browser, address: str, town: str) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        page.goto(address)
        expect(page.locator("#cards .card").first).to_be_visible()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TIDU_DSN", make_conninfo(town, port=free_port(), connect_timeout=2))
            page.locator("#map tbody a").first.click()
            expect(page.locator("h1")).to_have_text("数据库现在连不上")
        page.click("#retry")
        expect(page.locator("#cards .card").first).to_be_visible()
