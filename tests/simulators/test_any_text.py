"""Whatever text a cell holds, every transport's form of it gives the same text back."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from simulators.csv_text import csv_text
from simulators.deliveries import Delivery, read
from simulators.home import Entry, Home
from simulators.xlsx_outbox import XlsxOutbox
from tests.simulators.nasty import write_csv

# A sheet's XML and a database's text hold no NUL; surrogates are no characters.
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ROWS = st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=6)
HEADINGS = ["grant_no", "enterprise_name", "uscc"]


def rows_of(rows: list[list[str]], folder: str) -> tuple[Delivery, list[list[str]]]:
    """A delivery of these rows; a row of nothing would be an empty line, which is no row."""
    kept = [row if any(row) or len(row) > 1 else ["", ""] for row in rows]
    path = Path(folder) / "fn_subsidy" / "2025-07-01.csv"
    write_csv(path, HEADINGS, kept)
    return Delivery("fn_subsidy", date(2025, 7, 1), path), kept


@settings(max_examples=150, deadline=None)
@given(ROWS)
@example([['a"b', "c,d", "e\nf"], ["\r", "\r\n", " "], ["", "", ""], ["x"], ["1", "2", "3", "4", "5"]])
def test_csv_gives_back_every_cell(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        delivery, kept = rows_of(rows, folder)
        read_back = read(delivery)
    for encoding in ("utf-8-sig", "gb18030"):
        text = csv_text(read_back, HEADINGS, "\r\n").encode(encoding).decode(encoding)
        assert list(csv.reader(io.StringIO(text, newline=""))) == [HEADINGS, *kept]


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_json_and_marks_give_back_every_cell(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        delivery, kept = rows_of(rows, folder)
        marked = read(delivery).marked
    found = pl.read_json(io.StringIO(marked.write_json()), schema=marked.schema).rows(named=True)
    assert len(found) == len(kept)
    for row, cells in zip(found, kept, strict=True):
        assert [row[h] for h in HEADINGS] == ([*cells, "", ""])[:3]
        assert row.get("__missing__") == (str(3 - len(cells)) if len(cells) < 3 else None)
        assert (row.get("__surplus__") is not None) == (len(cells) > 3)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_a_sheet_gives_back_every_cell(rows: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        delivery, kept = rows_of(rows, folder)
        home = Home(Path(folder) / "home")
        home.prepare()
        XlsxOutbox().prepare(home, delivery, read(delivery), Entry("", 0))
        (book,) = home.outbox("finance").iterdir()
        sheet = CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert len(sheet) >= 2
    for place, cells in enumerate(kept, start=2):
        row = sheet[place] if place < len(sheet) else []
        width = max(len(row), len(cells))
        assert row + [""] * (width - len(row)) == cells + [""] * (width - len(cells))
