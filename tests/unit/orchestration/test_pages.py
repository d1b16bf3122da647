"""The first page of the validation pages links to what was built and to nothing else."""

from __future__ import annotations

from pathlib import Path

from tidu.contracts import contracts
from tidu.orchestration.pages import contents_page


def test_only_built_pages_are_linked(tmp_path: Path) -> None:
    (tmp_path / "tx_payment").mkdir()
    (tmp_path / "tx_payment" / "index.html").write_text("")
    page = contents_page(tmp_path)
    assert page.count("<a href=") == 1
    assert '<a href="tx_payment/index.html">' in page
    assert all(f"<code>{name}</code>" in page for name in contracts())
