"""The cockpit in a browser: it shows what is published, leads down to districts, and speaks two languages."""

from __future__ import annotations

import re
from decimal import Decimal

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.shown_town import COMPLETE, DRAFT, EMPTY, FIRST, HOSTILE_TIER, LAST, NEWEST
from tidu.publishing import indicators

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

SHINAN, SHIBEI, HUANGDAO = "370202", "370203", "370211"


def opened(page: Page, address: str, where: str = "") -> Page:
    """Open an address and wait until everything of it is drawn."""
    page.goto("about:blank")  # else another hash is no new page
    page.goto(f"{address}{where}")
    expect(page.locator("main:not([aria-busy])").first).to_be_visible()
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_function(
        "() => !document.querySelector('.chart') || document.documentElement.dataset.charts === 'drawn'"
    )
    return page


def published(dsn: str, indicator: str, period: str = LAST, place: str = "370200", scope: str = "all") -> Decimal:
    table, where = ("city", "") if place == "370200" else ("district", f" and district_code = '{place}'")
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            f"select value from publish.{table}_monthly where release_id = %s and indicator_code = %s and period = %s"
            f" and scope = %s and breakdown = ''{where}".encode(),
            [NEWEST, indicator, period, scope],
        ).fetchone()
    assert row
    return row[0]


def card(page: Page, indicator: str) -> str:
    return page.locator(f"#card-{indicator} .value").inner_text()


def district_row(page: Page, name: str) -> str:
    return page.locator("#map tbody tr", has_text=name).inner_text()


def test_the_page_names_its_release_and_shows_what_is_published(page: Page, address: str, town: str) -> None:
    opened(page, address)
    head = page.locator(".release").inner_text()
    for told in (f"第 {NEWEST} 号", LAST, "2026-06-30", "王五", "已发布"):
        assert told in head
    assert page.locator("#cards .card").count() == len(indicators()) == 25
    for indicator in ("market_entities", "enterprises", "tier_holders"):
        assert re.sub(r"\D", "", card(page, indicator)) == str(published(town, indicator).normalize())
    assert published(town, "market_entities", place=SHIBEI) == 5
    assert re.match(r"市北区\s+5\b", district_row(page, "市北区"))
    assert "未分配" in page.locator("#map tbody tr").last.inner_text()


def test_the_map_is_drawn_in_the_colours_of_the_figures(page: Page, address: str) -> None:
    opened(page, address)
    colours = page.evaluate(
        "Object.fromEntries(echarts.getInstanceByDom(document.getElementById('map-chart')).getOption().series[0].data"
        ".map(d => [d.name, d.itemStyle.areaColor]))"
    )
    assert len(colours) == 10
    assert colours[SHIBEI] not in (colours[SHINAN], colours["370285"])
    assert colours[SHINAN] == colours[HUANGDAO] != colours["370285"]
    page.select_option("#map-indicator", "new_entities")
    expect(page.locator("#map .definition")).to_contain_text("当月")
    assert page.locator("#card-new_entities").get_attribute("aria-pressed") == "true"


def test_a_district_opens_by_a_click_on_the_map(page: Page, address: str) -> None:
    opened(page, address)
    x, y = page.evaluate(
        "echarts.getInstanceByDom(document.getElementById('map-chart'))"
        ".convertToPixel({seriesIndex: 0}, [119.95, 36.8])"
    )
    box = page.locator("#map-chart").bounding_box()
    assert box
    page.mouse.click(box["x"] + x, box["y"] + y)
    expect(page.locator("h1")).to_contain_text("平度市")
    assert page.evaluate("location.hash") == "#/370283"
    page.go_back()
    expect(page.locator("h1")).to_contain_text("全市")


def test_a_district_opens_by_keys_from_the_map_and_from_the_table(page: Page, address: str) -> None:
    opened(page, address)
    page.focus("#map-keys")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#map-keys [aria-live]")).to_contain_text("黄岛区")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("黄岛区")
    assert page.evaluate("document.activeElement.id") == "heading"
    page.locator(".trail a").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("全市")
    page.locator("#map tbody a", has_text="莱西市").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("莱西市")


def test_a_district_is_shown_beside_its_city_and_can_be_linked_to(page: Page, address: str, town: str) -> None:
    opened(page, address, f"#/{SHIBEI}?indicator=enterprises&period={COMPLETE}")
    assert "市北区" in page.locator("h1").inner_text()
    told = page.locator("#card-market_entities").inner_text()
    city = published(town, "market_entities", COMPLETE)
    share = published(town, "market_entities", COMPLETE, SHIBEI) / city * 100
    assert f"全市 {city}户" in told
    assert f"占 {share:.1f}%" in told
    count = published(town, "enterprises", COMPLETE, SHIBEI)
    assert re.match(rf"市北区\s+{count}\b", district_row(page, "市北区"))
    assert page.locator("#period").input_value() == COMPLETE
    now = [int(n) for n in re.findall(r"\d+", page.locator("#movement .balance").inner_text())]
    assert now[0] + now[1] + now[2] - now[3] - now[4] - now[5] == now[6]
    expect(page.locator("#pool")).to_contain_text("评价日期 2026-06-30")


def test_scope_month_and_indicator_go_into_the_address(page: Page, address: str, town: str) -> None:
    opened(page, address)
    page.check("#scope-private", force=True)
    expect(page.locator("#card-market_entities .value")).to_contain_text(
        str(published(town, "market_entities", scope="private"))
    )
    page.click("#trend summary")
    page.click("#period_before")
    expect(page.locator("h1")).to_contain_text("2026-04")
    expect(page.locator("#trend details[open] tbody tr")).to_have_count(17)
    page.click("#card-enterprises")
    expect(page.locator("#trend h2")).to_contain_text("实有企业")
    assert page.evaluate("location.hash") == "#/?scope=private&period=2026-04&indicator=enterprises"
    told = page.locator("#cards").inner_text()
    opened(page, address, "#/?scope=private&period=2026-04&indicator=enterprises")
    assert page.locator("#cards").inner_text() == told
    assert "此范围不统计" in page.locator("#card-private_trade_yuan").inner_text()


def test_what_is_not_published_bears_its_mark_and_is_never_zero(page: Page, address: str) -> None:
    opened(page, address, f"#/?period={COMPLETE}&indicator=insured_headcount")
    assert re.match(r"市北区\s+保密\s", district_row(page, "市北区"))
    assert re.match(r"市南区\s+保密\*\s", district_row(page, "市南区"))
    assert re.match(r"莱西市\s+0\s", district_row(page, "莱西市"))
    hidden = page.evaluate(
        "echarts.getInstanceByDom(document.getElementById('map-chart')).getOption().series[0].data"
        ".filter(d => d.itemStyle.decal).map(d => [d.name, d.value, d.itemStyle.areaColor])"
    )
    assert hidden == [[SHINAN, None, "#eef1f4"], [SHIBEI, None, "#eef1f4"]]
    opened(page, address, f"#/{SHIBEI}?period={COMPLETE}&indicator=insured_headcount")
    assert card(page, "insured_headcount") == "保密"
    opened(page, address, "#/?indicator=tax_paid_yuan")
    assert card(page, "tax_paid_yuan") == "未齐"
    for told in ("企业太少或一家占比过大", "尚未收齐"):
        assert told in page.locator(".marks").inner_text()


def test_breakdowns_tell_what_they_hide(page: Page, address: str, town: str) -> None:
    opened(page, address)
    page.click("#cuts summary")
    hidden = page.locator("#cuts tbody tr", has_text="制造业").inner_text()
    assert re.match(r"制造业\s+保密", hidden)
    with psycopg.connect(town) as connection:
        # only parts that ever held anything are released
        parts = connection.execute(
            "select count(*) from publish.city_monthly where release_id = %s and indicator_code = 'market_entities'"
            " and scope = 'all' and breakdown = 'industry_section' and period = %s",
            [NEWEST, LAST],
        ).fetchone()
    assert (page.locator("#cuts tbody tr").count(),) == parts
    bar = page.evaluate(
        "echarts.getInstanceByDom(document.getElementById('cuts-chart')).getOption().series[0].data"
        ".map(d => d.label.formatter).filter(text => text.includes('保密'))"
    )
    assert len(bar) == 1


def test_tiers_targets_and_early_signs(page: Page, address: str) -> None:
    opened(page, address)
    tiers = page.locator("#tiers").inner_text()
    for told in ("创新型中小企业", "2,000 家", "1,500 家", "75.0%", "未达到", "尚不可衡量", "保密", "截至 2026-06-30"):
        assert told in tiers
    assert "9,999" not in tiers, "what a later draft says"
    assert page.locator("#signs li").count() == 2
    assert "不是事实" in page.locator("#signs").inner_text()
    page.locator("#signs a").first.click()
    expect(page.locator("h1")).to_contain_text("市北区")
    assert page.locator("#signs li").count() == 1


def test_english_is_a_switch_and_is_remembered(page: Page, address: str) -> None:
    opened(page, address)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.click("#language")
    expect(page.locator("h1")).to_contain_text("Whole city")
    assert page.evaluate("[document.documentElement.lang, location.search]") == ["en", "?lang=en"]
    assert page.evaluate("document.activeElement.id") == "language"
    chinese = re.compile(r"[一-鿿]+")
    shown = page.locator("main").inner_text()
    # a status that definitions quote stays as it is
    assert set(chinese.findall(shown)) <= {"存续"}
    opened(page, address)
    expect(page.locator("h1")).to_contain_text("Whole city")
    opened(page, address, "?lang=zh")
    expect(page.locator("h1")).to_contain_text("全市")


def test_a_release_without_figures_says_so_and_others_can_be_chosen(page: Page, address: str) -> None:
    opened(page, address, f"#/?release={EMPTY}")
    assert f"第 {EMPTY} 号发布没有数据" in page.locator("h1").inner_text()
    assert page.locator(".card").count() == 0
    page.select_option("#release-choice", str(FIRST))
    expect(page.locator("#cards .card").first).to_be_visible()
    assert f"第 {FIRST} 号" in page.locator(".release").inner_text()


@pytest.mark.parametrize("where", ["#/370999", f"#/?release={DRAFT}", "#/?release=77"])
def test_what_is_not_there_is_said_to_be_missing(context: BrowserContext, address: str, where: str) -> None:
    page = context.new_page()
    page.goto(f"{address}{where}")
    expect(page.locator("h1")).to_contain_text("没有这项内容")
    page.locator("#retry").wait_for()


def test_the_way_through_the_page_by_tab_begins_with_a_skip(page: Page, address: str) -> None:
    opened(page, address)
    order = []
    for _ in range(9):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.className || document.activeElement.textContent"
            )
        )
    assert order == [
        "skip",
        "language",
        "release-choice",
        "下载单文件版",
        "scope-all",
        "period",
        "period_before",
        "place",
        "card-market_entities",
    ]
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")  # the page is drawn anew, and the focus with it
    page.evaluate("document.querySelector('.skip').focus()")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.evaluate("location.hash") in ("", "#/?indicator=market_entities")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "where", ["#/", f"#/{HUANGDAO}", f"#/{SHIBEI}/enterprises?tier={HOSTILE_TIER}", f"#/?release={EMPTY}"]
)
def test_nothing_is_wider_than_a_small_phone(page: Page, address: str, where: str, language: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    opened(page, address, f"?lang={language}{where}")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_who_asks_for_less_movement_gets_none(page: Page, address: str) -> None:
    page.emulate_media(reduced_motion="reduce")
    opened(page, address)
    moving = "echarts.getInstanceByDom(document.getElementById('trend-chart')).getOption().animation"
    assert page.evaluate(moving) is False
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    opened(page, address)
    assert page.evaluate(moving) is True
