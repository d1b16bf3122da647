"""The first page of the validation pages links to what was built and to nothing else."""

from __future__ import annotations

from pathlib import Path

from tidu.contracts import contracts
from tidu.orchestration.pages import contents_page


def test_only_built_pages_are_linked(tmp_path: Path) -> None:
    for suite in ("tx_payment", "tx_payment failing"):
        folder = tmp_path / "tx_payment" / "validations" / suite / "ingest_tax:manual__2026+00:00" / "20260101T000000Z"
        folder.mkdir(parents=True)
        (folder / "warehouse-tx_payment.html").write_text("")
    page = contents_page(tmp_path)
    run = "ingest_tax%3Amanual__2026%2B00%3A00/20260101T000000Z/warehouse-tx_payment.html"
    assert page.count("<a href=") == 2
    assert f'<a href="tx_payment/validations/tx_payment/{run}">every rule</a>' in page
    assert f'<a href="tx_payment/validations/tx_payment%20failing/{run}">failing rows</a>' in page
    assert all(f"<code>{name}</code>" in page for name in contracts())
