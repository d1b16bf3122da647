"""A real chromium before a real server; without chromium these tests say that they were skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.serving import serving
from tests.browser.shown_town import build_shown_town
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed at the end of each file: while it is open no other test of this process can run an event loop."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on this machine (Debian: chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def town(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """DSN of the warehouse with the releases; it is only read."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("shown")) as dsn:
        build_shown_town(dsn)
        yield dsn


@pytest.fixture(scope="package")
def address(town: str) -> Iterator[str]:
    """Address of the cockpit."""
    assert town
    with serving() as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that remembers nothing."""
    with browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN") as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; whatever it complains about in its console fails the test, a broken content policy too."""
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    assert [c for c in complaints if "preloaded using link preload but not used" not in c] == []
