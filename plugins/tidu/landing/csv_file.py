"""CSV as departments write it: UTF-8 with or without BOM or GB18030, any line end, ragged rows kept and marked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected
from tidu.landing.limits import MOST_COLUMNS, MOST_RAGGED_CELLS, check_headings, check_size
from tidu.landing.shaping import MISSING, SURPLUS, Sheet

csv.field_size_limit(1 << 30)  # Of the whole process; the default of 128 KiB would raise on a long cell.
BOM = b"\xef\xbb\xbf"
LARGEST_BLOCK = 1 << 28
BROKEN_UTF8_SHARE = 0.1
"""Up to this share of unreadable characters a text is damaged UTF-8; real GB18030 is far above."""

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")
_FIRST_MARK = re.compile(rb"[^ \t,\r\n]")


def read_csv(contract: DatasetContract, source: str, data: bytes) -> Sheet:
    """Read CSV bytes; every cell is text, empty is null, blank lines are no rows.

    Raises DeliveryRejected for another encoding, an empty file, a quotation mark that never closes, and for
    what is beyond the limits of tidu.landing.limits.
    """
    check_size(contract, source, len(data))
    content = _as_utf8(contract, source, data)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    headings, start = _headings(content)
    if not headings:
        raise DeliveryRejected(contract.name, source, "the file is empty", contract.contact)
    if content.count(b'"') % 2 and _ends_in_quotes(content):
        raise DeliveryRejected(contract.name, source, "a quotation mark is never closed", contract.contact)
    check_headings(contract, source, headings)
    if any("\n" in heading and "," in heading for heading in headings):
        reason = "a heading holds whole lines: close the quotation marks of the headings"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)
    body = pa.py_buffer(content)[start:]
    ragged: dict[int, list[str]] = {}
    ragged_cells = 0
    too_ragged = ""

    def set_aside(row: Any) -> str:
        nonlocal ragged_cells, too_ragged
        ragged_cells += row.actual_columns
        if row.actual_columns > MOST_COLUMNS or ragged_cells > MOST_RAGGED_CELLS:
            too_ragged = f"row {row.number} has {row.actual_columns} cells under {row.expected_columns} headings"
            return "error"
        ragged[row.number - 1] = next(csv.reader(io.StringIO(row.text, newline="")), [])
        return "skip"

    names = [str(i) for i in range(len(headings))]
    if not content[start:].strip(b"\r\n"):
        return Sheet(headings, [pa.nulls(0, pa.string()) for _ in names])
    try:
        table = pacsv.read_csv(
            pa.BufferReader(body),
            # Only without threads does the parser number the rows it sets aside.
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=min(len(body) + 1, LARGEST_BLOCK), column_names=names
            ),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        reason = f"{too_ragged}: check separator and quotation marks" if too_ragged else f"no CSV: {error}"
        raise DeliveryRejected(contract.name, source, reason, contract.contact) from error
    return _spliced(headings, table, ragged) if ragged else Sheet(headings, table.columns)


def _as_utf8(contract: DatasetContract, source: str, data: bytes) -> bytes:
    content = data.removeprefix(BOM)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
    else:
        return content
    reason = f"wrong encoding: neither UTF-8 nor GB18030 (byte {at + len(data) - len(content)})"
    if len(content) == len(data) and not _is_damaged_utf8(content):
        try:
            return content.decode("gb18030").encode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            reason = f"wrong encoding: neither UTF-8 nor GB18030 (byte {error.start})"
    raise DeliveryRejected(contract.name, source, reason, contract.contact)


def _is_damaged_utf8(content: bytes) -> bool:
    """Tell UTF-8 with some broken bytes from GB18030, which would decode it to other characters in silence."""
    text = content.decode("utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return text.count("\ufffd") <= BROKEN_UTF8_SHARE * foreign


def _headings(content: bytes) -> tuple[list[str], int]:
    """Return the first row that is not blank, and the offset of the row after it; lines may end in any way."""
    first = _FIRST_MARK.search(content)
    if first is None:
        return [], len(content)
    # Millions of blank lines are passed over at once: taken one by one they cost a second per two million.
    end = max(content.rfind(b"\n", 0, first.start()), content.rfind(b"\r", 0, first.start())) + 1

    def lines() -> Iterator[str]:
        nonlocal end
        while end < len(content) and (line := _LINE.match(content, end)):
            end = line.end()
            yield line[0].decode("utf-8")

    headings = next((row for row in csv.reader(lines()) if any(cell.strip() for cell in row)), [])
    return headings, end


def _ends_in_quotes(content: bytes) -> bool:
    reader = csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
    try:
        for _ in reader:
            pass
    except csv.Error as error:
        return "end of data" in str(error)
    return False


def _spliced(headings: list[str], regular: pa.Table, ragged: dict[int, list[str]]) -> Sheet:
    """Put the rows of another width back into their places, cut or filled up to the headings."""
    width = len(headings)
    odd = [[*cells[:width], *[None] * (width - len(cells))] for cells in ragged.values()]
    filler = pa.table(
        [pa.array([row[i] for row in odd], pa.string()) for i in range(width)], names=regular.column_names
    )
    rows = regular.num_rows + len(ragged)
    kept = np.delete(np.arange(rows), list(ragged))
    places = np.argsort(np.concatenate([kept, np.array(list(ragged))]))
    whole = pa.concat_tables([regular, filler]).take(pa.array(places))
    marks: dict[int, dict[str, object]] = {
        i: {SURPLUS: cells[width:]} if len(cells) > width else {MISSING: width - len(cells)}
        for i, cells in ragged.items()
    }
    return Sheet(headings, whole.columns, marks=marks)
