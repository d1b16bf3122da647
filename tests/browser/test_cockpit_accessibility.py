"""axe finds nothing on any page of the cockpit, in either language, wide or narrow."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.shown_town import COMPLETE, EMPTY, HOSTILE_TIER
from tests.browser.test_cockpit_page import opened

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]

PAGES = {
    "city": f"#/?period={COMPLETE}&indicator=insured_headcount",
    "district": "#/370203?indicator=tax_paid_yuan",
    "list": f"#/370203/enterprises?tier={HOSTILE_TIER}",
    "release without data": f"#/?release={EMPTY}",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("where", PAGES)
def test_axe_finds_nothing(page: Page, address: str, where: str, language: str) -> None:
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        opened(page, address, f"?lang={language}{PAGES[where]}")
        page.evaluate("document.querySelectorAll('details').forEach(hidden => hidden.open = true)")
        found = Axe().run(page, options={"resultTypes": ["violations", "passes"]})
        assert len(found.response["passes"]) > 15, "axe looked at something"
        violations = {v["id"]: [n["html"][:200] for n in v["nodes"]] for v in found.response["violations"]}
        assert violations == {}, f"{width} px"
