"""Workbooks as people keep them: title rows, headings, data, then a total and footnotes. Cells become text.

Where the data begins and ends is decided here for every dataset alike, by layout and by the contract's headings.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected
from tidu.landing.limits import MOST_BLANK_ROWS, MOST_SHEET_CELLS, check_headings
from tidu.landing.shaping import SURPLUS, Sheet, field_of_heading, normal_heading
from tidu.landing.workbook_parts import WorkbookTooLarge, sealed
from tidu.landing.zip_archive import BROKEN

HEADING_ROWS = 30
"""Headings are looked for in the first rows only."""
TOTAL = re.compile(r"(合计|总计|小计|共计)[:：]?")
FOOTNOTE = re.compile(r"注\s*\d*\s*[:：.、]|备注|说明|填表|填报|制表|审核人|单位负责人|数据来源|资料来源|[※*]")
Cells = list[Any]


def read_xlsx(contract: DatasetContract, source: str, data: bytes) -> Sheet:
    """Read the first sheet that has the contract's headings.

    Position of a row: its place below the headings; wholly blank rows between data count, trailing ones do not.
    Raises DeliveryRejected for a file that is no workbook and for one without a row of headings.
    """
    try:
        found = _table(contract, data)
    # calamine lets other errors of its readers through as well, all of them about the bytes at hand.
    except (CalamineError, *BROKEN) as error:
        raise DeliveryRejected(contract.name, source, f"unreadable xlsx: {error}", contract.contact) from error
    except BaseException as error:
        # A panic of calamine, which is no Exception; it ends the reading and nothing else.
        if type(error).__name__ != "PanicException":
            raise
        raise DeliveryRejected(contract.name, source, f"unreadable xlsx: {error}", contract.contact) from error
    if found is not None:
        headings, rows = found
        check_headings(contract, source, headings)
        body = _without_footer(rows)
        blank = body.count([""] * len(headings))
        if blank > MOST_BLANK_ROWS:
            reason = f"{blank} blank rows lie among its rows: delete what lies far from the table"
            raise DeliveryRejected(contract.name, source, reason, contract.contact)
        return _sheet(headings, body)
    reason = "no row with the headings " + ", ".join(f.heading for f in contract.fields if f.required)
    raise DeliveryRejected(contract.name, source, f"required column missing: {reason}", contract.contact)


def _table(contract: DatasetContract, data: bytes) -> tuple[list[str], list[Cells]] | None:
    """Return headings and the rows below them of the first sheet that has the headings; None when none has."""
    book = CalamineWorkbook.from_filelike(sealed(data))
    cells = 0
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        # One part may be named as many sheets.
        cells += (sheet.total_height + 1) * (sheet.total_width + 1)
        if cells > MOST_SHEET_CELLS:
            raise WorkbookTooLarge(f"its sheets span more than {MOST_SHEET_CELLS} cells")
        rows = sheet.to_python(skip_empty_area=False)
        place = _heading_row(contract, rows)
        if place is not None:
            return [text_of(cell) or "" for cell in rows[place]], rows[place + 1 :]
        # two sheets are never held at once
        del sheet, rows
    return None


def text_of(cell: Any) -> str | None:
    """Return a cell as its text: whole numbers without .0, dates and times in ISO form, booleans as shown.

    >>> text_of(1234.0), text_of(0.1), text_of(True), text_of("")
    ('1234', '0.1', 'TRUE', None)
    """
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep="T")
    return None if cell is None else str(cell)


def _heading_row(contract: DatasetContract, rows: list[Cells]) -> int | None:
    """Return the row that names most of the contract's fields, if one names at least two (or the only one)."""
    known = field_of_heading(contract)
    counts = [
        len({known.get(normal_heading(cell)) for cell in row if isinstance(cell, str)} - {None})
        for row in rows[:HEADING_ROWS]
    ]
    best = max(counts, default=0)
    return counts.index(best) if best >= min(2, len(contract.fields)) else None


def _sheet(headings: list[str], body: list[Cells]) -> Sheet:
    """Cells right of the last heading are surplus of their row, as in a CSV."""
    width = max(place for place, heading in enumerate(headings, start=1) if heading.strip())
    columns = [_text_column(column) for column in zip(*body, strict=True)] or [pa.nulls(0, pa.string())] * len(headings)
    beyond = zip(*(column.to_pylist() for column in columns[width:]), strict=True)
    marks = {i: {SURPLUS: _without_blank_end(cells)} for i, cells in enumerate(beyond) if any(cells)}
    return Sheet(headings[:width], columns[:width], marks=marks)


def _without_blank_end(cells: tuple[str | None, ...]) -> list[str]:
    filled = max(place for place, cell in enumerate(cells, start=1) if cell)
    return [cell or "" for cell in cells[:filled]]


def _without_footer(rows: list[Cells]) -> list[Cells]:
    """Cut off what follows the data: totals and footnotes, and blank rows among and below them.

    Blank rows between the data and a total or footnote are rows that came without content: they stay.
    """
    end = _filled_end(rows)
    data_end = end
    while end and _is_footer(rows[end - 1]):
        data_end = end - 1
        end = _filled_end(rows[:data_end])
    return rows[:data_end]


def _filled_end(rows: list[Cells]) -> int:
    end = len(rows)
    while end and not any(cell not in ("", None) for cell in rows[end - 1]):
        end -= 1
    return end


def _is_footer(row: Cells) -> bool:
    filled = [cell for cell in row if cell not in ("", None)]
    first = filled[0].strip() if isinstance(filled[0], str) else ""
    if TOTAL.fullmatch(re.sub(r"\s+", "", first)):
        return True
    return len(filled) == 1 and bool(FOOTNOTE.match(first))


def _text_column(cells: tuple[Any, ...]) -> Any:
    try:
        return pa.array(cells, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        # most columns that are not text hold numbers and a few texts: those are settled here without a call for each
        return pa.array(
            [
                (str(int(c)) if c.is_integer() and -1e15 < c < 1e15 else repr(c)) if type(c) is float else text_of(c)
                for c in cells
            ],
            pa.string(),
        )
