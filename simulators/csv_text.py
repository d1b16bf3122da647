"""CSV as departments write it: any encoding, line ending and headings, rows of another width in their places."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import polars as pl

from simulators.deliveries import Rows


def csv_text(rows: Rows, headings: Sequence[str], line_end: str) -> str:
    """Return the delivery as CSV text; empty cells are written empty, not as quotes."""
    if not rows.frame.width:
        return ""
    frame = rows.frame.select(pl.all().replace("", None))
    parts = [_lines([list(headings)], line_end)]
    start = 0
    for index in sorted({*rows.surplus, *rows.missing}):
        parts.append(_regular(frame[start:index], line_end))
        cells = list(rows.frame.row(index))
        kept = cells[: len(cells) - rows.missing.get(index, 0)]
        parts.append(_lines([kept + rows.surplus.get(index, [])], line_end))
        start = index + 1
    parts.append(_regular(frame[start:], line_end))
    return "".join(parts)


def _regular(frame: pl.DataFrame, line_end: str) -> str:
    return frame.write_csv(include_header=False, line_terminator=line_end) if frame.height else ""


def _lines(lines: list[list[str]], line_end: str) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator=line_end).writerows(lines)
    return target.getvalue()
