"""`python -m tests.browser`: how soon the cockpit of a full city stands on the screen. Prints, asserts nothing."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from playwright.sync_api import Browser, sync_playwright

from tests.browser.full_city import publish_full_city
from tests.browser.serving import serving
from tidu.ledger.database import migrate
from tidu.serving.cockpit import write_cockpit
from tidu.stack import postgres

WATCH = """
new MutationObserver(() => {
  if (!window.cardsAt && document.querySelector('#cards .card .value')) window.cardsAt = performance.now();
  if (!window.allAt && document.documentElement.dataset.charts === 'drawn') window.allAt = performance.now();
}).observe(document, {childList: true, subtree: true, attributes: true});
"""


def main() -> None:
    """Make the release, serve it, look at it again and again."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--months", type=int, default=60)
    asked.add_argument("--times", type=int, default=5)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidu-cockpit-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        cluster = postgres.start(data, postgres.free_port(), {"fsync": "off"})
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
            admin.execute("create database city")
        dsn = os.environ["TIDU_DSN"] = cluster.dsn("city")
        migrate(dsn)
        release, cells = publish_full_city(dsn, options.months)
        print(f"{options.months} months, {cells:,} cells")  # noqa: T201
        with sync_playwright() as playwright, serving() as address:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            _look(browser, "first request after the server's start", address, 1)
            _look(browser, "city, nothing kept by the browser", address, options.times)
            _look(browser, "district, nothing kept by the browser", f"{address}#/370211?scope=private", options.times)
            began = time.monotonic()
            file = Path(folder) / "cockpit.html"
            write_cockpit(release, file)
            print(f"file: {file.stat().st_size:,} bytes, written in {time.monotonic() - began:.1f} s")  # noqa: T201
            _look(browser, "file", file.as_uri(), options.times)
        postgres.stop(data)


def _look(browser: Browser, what: str, address: str, times: int) -> None:
    """Print medians in milliseconds: first paint, figures on the screen, charts drawn."""
    seen = []
    for _ in range(times):
        with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
            page = context.new_page()
            page.add_init_script(WATCH)
            page.goto(address)
            page.wait_for_function("() => window.allAt")
            seen.append(
                page.evaluate("[performance.getEntriesByName('first-contentful-paint')[0].startTime, cardsAt, allAt]")
            )
    paint, cards, charts = (statistics.median(column) for column in zip(*seen, strict=True))
    print(f"{what}: first paint {paint:.0f} ms, figures {cards:.0f} ms, charts {charts:.0f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
