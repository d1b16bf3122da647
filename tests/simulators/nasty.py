"""Cells as nasty as departments make them, and files of them."""

from __future__ import annotations

import csv
from pathlib import Path

from tidu.contracts.catalogue import contract

DATES = ("2025-07-01", "2025-08-01")
NASTY_TEXTS = (
    'say "hi", then go',
    "first line\nsecond line",
    "\ufffd坏字",
    "007",
    "😀公司",
    "ＡＢＣ１２３",
    "  blanks  ",
    "=1+1",
    "a'b\\c\\.",
    "NULL",
    "http://example.test/x",
    "",
)
NASTY_DECIMALS = ("1234.50", "-12.3", "007", "1e5", "1,234.5", "十万", "0.1234567", "12345678901234567.89", "0", "")
NASTY_DATES = ("2025-07-01", "2025-02-30", "1899-01-01", "2025/7/1", "20250701", "45839", "", "2099-12-31", "昨天")


def nasty_rows(dataset: str, count: int) -> list[list[str]]:
    """Rows of a dataset in which every kind of cell turns up; row 5 is empty, row 7 short, row 9 too wide."""
    rows = []
    for number in range(count):
        row = []
        for place, field in enumerate(contract(dataset).fields):
            kind = {"decimal": NASTY_DECIMALS, "integer": NASTY_DECIMALS, "date": NASTY_DATES}.get(
                field.type, NASTY_TEXTS
            )
            row.append(kind[(number + place) % len(kind)])
        rows.append(row)
    rows[4] = [""] * len(rows[4])
    rows[6] = rows[6][:-2]
    rows[8] = [*rows[8], "surplus, one", "two\nlines"]
    return rows


def write_csv(path: Path, headings: list[str], rows: list[list[str]]) -> None:
    """Write a world's file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([headings, *rows])


KINDS = {"decimal": NASTY_DECIMALS, "integer": NASTY_DECIMALS, "date": NASTY_DATES}
DATASETS = ("ms_registration", "tx_payment", "hr_insurance", "fn_loan", "mi_arrears", "st_district_indicator")
