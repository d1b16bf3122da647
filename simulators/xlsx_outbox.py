"""finance: `{dataset}_{YYYYMMDD}.xlsx` in /outbox: a title row, Chinese headings, data, sometimes 合计 and footnotes.

Amounts and dates are written in the ways the catalogue names (see `sheet_cells`); which way a cell takes depends on
its place alone, so the same delivery gives the same bytes.
"""

from __future__ import annotations

import io
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from simulators.deliveries import Delivery, Rows, completed_at
from simulators.errors import SimulatorError
from simulators.headings import chinese
from simulators.home import Entry, Home, replace
from simulators.sheet_cells import Cell, Serial, column_cells, total_of

LONGEST_CELL = 32767
FOOTNOTES = ("注：数据由各区市财政部门和金融机构报送汇总", "填表说明：金额以实际到账为准")


class XlsxOutbox:
    """Prepares and names the files of sftp_xlsx."""

    can_stay_open = False

    def prepare(self, home: Home, delivery: Delivery, rows: Rows, entry: Entry) -> None:
        """Put the workbook into the outbox, whole. SimulatorError when a cell is too long for a sheet."""
        path = _path(home, delivery)
        finished = completed_at(delivery.dataset, delivery.delivered_on, entry.rewrites)
        replace(path, _book(delivery, rows), finished)

    def files(self, home: Home, delivery: Delivery) -> tuple[Path, ...]:
        """The workbook."""
        return (_path(home, delivery),)


def _path(home: Home, delivery: Delivery) -> Path:
    name = f"{delivery.dataset}_{delivery.delivered_on:%Y%m%d}.xlsx"
    return home.outbox(delivery.contract.department) / name


def _book(delivery: Delivery, rows: Rows) -> bytes:
    contract = delivery.contract
    salt = zlib.crc32(delivery.name.encode())
    given = list(rows.frame.iter_columns())
    columns = [column_cells(contract, series, salt + 7 * place) for place, series in enumerate(given)]
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    book.set_properties({"author": contract.owner, "created": datetime(*delivery.delivered_on.timetuple()[:3])})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet(contract.heading[:31])
    sheet.write_string(0, 0, f"{delivery.delivered_on:%Y}年{delivery.delivered_on.month}月{contract.heading}情况表")
    for place, heading in enumerate(chinese(contract, rows.headings)):
        sheet.write_string(1, place, heading)
    for index, cells in enumerate(zip(*columns, strict=True)):
        for place, cell in enumerate((*cells, *rows.surplus.get(index, ()))):
            if isinstance(cell, str) and len(cell) > LONGEST_CELL:
                reason = f"row {index + 1}: a sheet's cell holds {LONGEST_CELL} characters"
                raise SimulatorError(f"{delivery.path}: {reason}")
            _write(sheet, index + 2, place, cell, day)
    _foot(sheet, rows, [total_of(contract, series) for series in given], salt)
    book.close()
    return target.getvalue()


def _write(sheet: Any, row: int, place: int, cell: Cell, day: Any) -> None:
    if isinstance(cell, Serial):
        sheet.write_number(row, place, cell.days, day if cell.formatted else None)
    elif isinstance(cell, float):
        sheet.write_number(row, place, cell)
    elif cell:
        sheet.write_string(row, place, cell)


def _foot(sheet: Any, rows: Rows, totals: list[float | None], salt: int) -> None:
    """Write 合计 below two of three tables, footnotes below every second; never cut off empty rows at the end."""
    row = rows.frame.height + 2
    if salt % 3 and rows.frame.height:
        sheet.write_string(row, 0, "合计")
        for place, total in enumerate(totals):
            if total is not None and place:
                sheet.write_number(row, place, total)
        row += 1
    ends_empty = rows.frame.height > 0 and not any(rows.frame.row(-1))
    if salt % 2 or ends_empty:
        for footnote in FOOTNOTES:
            sheet.write_string(row, 0, footnote)
            row += 1
