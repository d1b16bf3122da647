"""Names of enterprises: for those who may, as text and nothing else, page by page, and never without a record."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.serving import LISTER, NOBODY, READER
from tests.browser.shown_town import CROWD, CROWDED_TIER, HOSTILE, HOSTILE_TIER
from tests.browser.test_cockpit_page import opened

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]

LIST = f"#/370203/enterprises?tier={HOSTILE_TIER}"
CROWDED = f"#/370211/enterprises?tier={CROWDED_TIER}"


def looks(context: BrowserContext, address: str, who: str) -> None:
    context.add_cookies([{"name": "who", "value": who, "url": address}])


def recorded(dsn: str) -> list[tuple[Any, ...]]:
    """Return what was recorded since the last call."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "with gone as (delete from ops.cockpit_access_log returning *) select viewer, allowed, district_code, tier,"
            " readiness, assessed_on::text, after_rank, rows_shown from gone order by access_id"
        ).fetchall()


def test_a_name_that_would_be_markup_is_text(page: Page, address: str, town: str) -> None:
    recorded(town)
    opened(page, address, LIST)
    row = page.locator("tbody tr", has_text="有限公司").filter(has_text="{{7*7}}")
    assert row.locator("th").inner_text() == HOSTILE
    assert page.locator("main img").count() == 0
    assert "owned" not in page.title()
    assert recorded(town) == [(LISTER, True, "370203", HOSTILE_TIER, None, "2026-06-30", None, 1)]


def test_a_list_goes_on_page_by_page_without_gap_or_double(page: Page, address: str, town: str) -> None:
    recorded(town)
    opened(page, address, CROWDED)
    seen: list[str] = []
    for expected in (50, 50, CROWD - 100):
        expect(page.locator("tbody tr")).to_have_count(expected)
        seen += page.locator("tbody th").all_inner_texts()
        if page.locator("#list-next").count():
            first = seen[-expected]
            page.click("#list-next")
            expect(page.locator("tbody th", has_text=first)).to_have_count(0)
    assert len(seen) == len(set(seen)) == CROWD
    assert page.locator("#list-next").count() == 0
    assert [(row[6], row[7]) for row in recorded(town)] == [(None, 50), (41, 50), (94, 20)]
    page.click("#list-first")
    expect(page.locator("tbody th").first).to_have_text(seen[0])


def test_a_list_is_narrowed_by_tier_and_readiness(page: Page, address: str) -> None:
    opened(page, address, CROWDED)
    page.select_option("#list-readiness", "ready")
    expect(page.locator("tbody tr")).to_have_count(CROWD // 3)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.locator(".trail a").last.click()
    page.locator("#pool a", has_text=str(CROWD - CROWD // 3)).click()
    expect(page.locator("tbody tr")).to_have_count(50)
    assert set(page.locator("tbody tr td:nth-child(4)").all_inner_texts()) == {"接近"}


def test_who_may_not_see_names_gets_figures_and_a_reason(
    context: BrowserContext, page: Page, address: str, town: str
) -> None:
    looks(context, address, READER)
    recorded(town)
    opened(page, address, "#/370211")
    assert "80" in page.locator("#pool").inner_text()
    assert page.locator("#pool a").count() == 0
    assert "不能查看企业名单" in page.locator("#pool").inner_text()
    assert recorded(town) == []
    answer = context.request.get(
        f"{address}enterprises", params={"place": "370211", "tier": CROWDED_TIER, "as_of": "2026-06-30"}
    )
    assert (answer.status, answer.json()["problem"]) == (403, "forbidden")
    assert "瞪羚有限公司" not in answer.text()
    assert recorded(town) == [(READER, False, "370211", CROWDED_TIER, None, "2026-06-30", None, 0)]


def test_the_page_says_so_too(context: BrowserContext, address: str) -> None:
    """Without the fixture's page: a refused request is an error in the browser's console."""
    looks(context, address, READER)
    page = context.new_page()
    page.goto(f"{address}{CROWDED}")
    expect(page.locator("h1")).to_have_text("没有查看企业名单的权限")
    assert "向局里申请" in page.locator("main").inner_text()


def test_who_is_not_signed_in_sees_nothing_but_the_way_in(context: BrowserContext, address: str) -> None:
    looks(context, address, NOBODY)
    page = context.new_page()
    answer = page.goto(address)
    assert answer is not None and answer.status == 401
    assert page.locator("h1").inner_text() == "请先登录"
    assert page.locator("a").get_attribute("href") == f"/auth/login?next={address}"
    for path in ("start?release=1", "pool?place=370200", "releases/1/file", "releases/1/targets", "assets/x/cockpit.js",
                 "figures/1/x/places/370200/all", "figures/1/x/maps/enterprises/all",
                 "figures/1/x/cuts/370200/all/2026-05",
                 "enterprises?place=370200&tier=x&as_of=2026-06-30"):  # fmt: skip
        assert context.request.get(f"{address}{path}").status == 401, path
