"""A workbook's parts, unpacked within bounds and weighed before anything builds cells from them.

The library that reads cells allocates the rectangle around them and one text per cell, and aborts the whole process
when that does not fit into memory: sizes are settled here, on the XML. It is given nothing but what was weighed.
"""

from __future__ import annotations

import io
import re
import zipfile
from xml.parsers import expat

import numpy as np

from tidu.landing.limits import ALWAYS_UNPACKED, LARGEST_TEXT, MOST_COLUMNS, MOST_SHEET_CELLS, unpacked_limit
from tidu.landing.zip_archive import METHODS

MOST_PARTS = 10_000
LARGEST_REPEAT = 10
"""How many times the size of its XML the shared texts may take; a cell that shows one takes 30 bytes itself."""
KEPT = re.compile(r"(xl/|_rels/|\[content_types\]).*\.(xml|rels)", re.IGNORECASE)
"""Pictures, macros and the parts of other formats (xlsb, ods) stay outside."""
_PREFIX = rb"<(?:[^\s<>/!?]*:)?"
_WITHOUT_REFERENCE = re.compile(_PREFIX + rb"(?:c|row)(?:/?>|\s+(?!r\s*=)|\s*/)")
# Cells that are formatted and hold nothing lie anywhere and cost nothing.
_NOT_HOLLOW = rb"""["'](?!(?:\s+\w+="\w*")*\s*/>)"""
_WIDE = re.compile(rb"""r(?<=\sr)\s*=\s*["']\s*([A-Za-z]{2,})[0-9]+\s*""" + _NOT_HOLLOW)
_NARROW = re.compile(rb"""r(?<=\sr)\s*=\s*["']\s*([A-Za-z])[0-9]""")
_LONG = re.compile(rb"""r(?<=\sr)\s*=\s*["']\s*[A-Za-z]+([0-9]{4,})\s*""" + _NOT_HOLLOW)
_SHARED_CELL = re.compile(rb"""\st\s*=\s*["']s["'][^>]*><(?:[^\s<>/]*:)?v>([0-9]{1,9})<""")
_ITEM = re.compile(_PREFIX + rb"si[\s/>]")


class WorkbookTooLarge(ValueError):
    """A workbook whose cells would take more memory than its size lets expect."""


def sealed(data: bytes) -> io.BytesIO:
    """Return the workbook again, its parts unpacked: no forged sizes, no part twice, nothing that inflates any more.

    Raises WorkbookTooLarge, ValueError for what no spreadsheet program writes, and what zipfile raises of damage.
    """
    parts = _unpacked(data)
    if "xl/workbook.xml" not in (name.lower() for name in parts):
        raise ValueError("no xl/workbook.xml: save it as an Excel workbook (.xlsx)")
    for name, part in parts.items():
        # NUL: UTF-16, which none of the searches below would find anything in.
        if b"\0" in part or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise ValueError(f"{name} declares entities or is not UTF-8: save it anew in a spreadsheet program")
    sheets = [part for part in parts.values() if b"sheetData" in part]
    extents = [extent(part) for part in sheets]
    if (widest := max((columns for _, columns in extents), default=0)) > MOST_COLUMNS:
        raise WorkbookTooLarge(
            f"it spans {widest} columns, at most {MOST_COLUMNS}: delete what lies far from the table"
        )
    cells = sum(rows * columns for rows, columns in extents)
    if cells > MOST_SHEET_CELLS:
        raise WorkbookTooLarge(
            f"its sheets span {cells} cells, at most {MOST_SHEET_CELLS}: delete what lies far from the table"
        )
    limit = min(LARGEST_TEXT // 2, max(ALWAYS_UNPACKED, LARGEST_REPEAT * sum(map(len, parts.values()))))
    if (text := shared_text([p for n, p in parts.items() if "sharedstrings" in n.lower()], sheets)) > limit:
        raise WorkbookTooLarge(f"its cells repeat texts to {text >> 20} MiB, at most {limit >> 20}: shorten them")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    target.seek(0)
    return target


def extent(sheet: bytes) -> tuple[int, int]:
    """Return how many rows and columns the rectangle from A1 around all cells has; rather too many than too few."""
    if _WITHOUT_REFERENCE.search(sheet):
        return _counted_extent(sheet)
    columns = max(map(_column, set(_WIDE.findall(sheet))), default=26)
    rows = max(map(int, set(_LONG.findall(sheet))), default=999)
    if columns == 26 and rows * columns > MOST_SHEET_CELLS // 10:
        columns = max(map(_column, set(_NARROW.findall(sheet))), default=1)
    return rows, columns


def shared_text(tables: list[bytes], sheets: list[bytes]) -> int:
    """Return how many bytes the shared texts take once every cell has its own copy; rather too many than too few."""
    starts = [np.array([m.start() for m in _ITEM.finditer(table)] + [len(table)]) for table in tables]
    lengths = np.concatenate([np.diff(places) for places in starts]) if starts else np.zeros(0, int)
    longest = int(lengths.max(initial=0))
    cells = sum(sheet.count(b'"s"') + sheet.count(b"'s'") for sheet in sheets)
    if cells * longest <= unpacked_limit(0):
        return cells * longest
    shown = np.array([int(m[1]) for sheet in sheets for m in _SHARED_CELL.finditer(sheet)], int)
    known = shown[shown < len(lengths)]
    return int(lengths[known].sum()) + max(0, cells - len(shown)) * longest


def _unpacked(data: bytes) -> dict[str, bytes]:
    limit = left = unpacked_limit(len(data))
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [m for m in archive.infolist() if KEPT.fullmatch(m.filename.replace("\\", "/").removeprefix("/"))]
        if len(members) > MOST_PARTS:
            raise WorkbookTooLarge(f"it has {len(members)} parts, at most {MOST_PARTS}")
        for member in members:
            if member.compress_type not in METHODS:
                raise ValueError(f"{member.filename} is packed by method {member.compress_type}")
            with archive.open(member) as handle:
                part = handle.read(left + 1)
            left -= len(part)
            if left < 0:
                raise WorkbookTooLarge(f"it unpacks to more than {limit >> 20} MiB: deliver it in parts")
            parts[member.filename.replace("\\", "/").removeprefix("/")] = part
    return parts


def _column(letters: bytes) -> int:
    """Return a column's number; letters beyond XFD only matter as too many."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number


def _counted_extent(sheet: bytes) -> tuple[int, int]:
    """Walk a sheet that leaves references out, where the place of a cell follows from the ones before it."""
    rows = columns = row = column = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal rows, columns, row, column
        element, reference = name.rpartition(":")[2], attributes.get("r", "").strip()
        digits = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        if element == "row":
            row = int(digits) if digits.isdecimal() else row + 1
            column = 0
        elif element == "c":
            letters = reference[: len(reference) - len(digits)]
            column = _column(letters.encode()) if letters else column + 1
            row = int(digits) if letters and digits.isdecimal() else row
            rows, columns = max(rows, row), max(columns, column)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(sheet, True)
    except expat.ExpatError as error:
        raise ValueError(f"broken XML: {error}") from error
    return rows + 1, columns + 1
