"""The workbook of a release, for reading: what it is, the tables with Chinese headings, the dictionary."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidu.publishing.files.dictionary import HEADINGS, Line, texts

MOST_ROWS = 50_000
"""Of a table that stands in the workbook whole. Excel takes 1,048,576, but nobody reads them there, and a workbook of
half a million cells takes longer to write than everything else of a release; CSV and Parquet hold every row."""
NUMBERS = {
    "release_id", "value", "yoy", "mom", "ytd", "opening", "entered", "moved_in", "departed", "left_city", "moved_out",
    "closing", "new_entities", "closed_entities", "other_change", "since", "year", "target", "actual", "progress",
    "pace_needed",
}  # fmt: skip
RATIOS = {"yoy", "mom", "progress"}


@dataclass(frozen=True)
class Cover:
    """What the first sheet says of a release."""

    release_id: int
    period: str
    as_of: dt.date
    manifest_sha256: str


def write_workbook(tables: Iterable[str], dictionary: list[Line], cover: Cover, folder: Path, path: Path) -> None:
    """Write the workbook from the CSV files of the tables in a folder. The same files give the same bytes.

    A table of more than MOST_ROWS rows is there with its newest month and the totals of every month; the first sheet
    says so.
    """
    import xlsxwriter

    said = texts()
    shortened = [t for t in tables if _count(folder / f"{t}.csv") > MOST_ROWS]
    with xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    ) as book:
        book.set_properties(
            {"title": f"发布 {cover.release_id}", "created": dt.datetime.combine(cover.as_of, dt.time())}
        )
        formats = {
            "heading": book.add_format({"bold": True, "bg_color": "#E4EBF3", "border": 1, "text_wrap": True}),
            "ratio": book.add_format({"num_format": "0.0%"}),
            "number": book.add_format({"num_format": "#,##0.##########"}),
        }
        page = book.add_worksheet("说明")
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 100)
        for row, line in enumerate(_introduction(cover, shortened)):
            for column, text in enumerate(line):
                page.write_string(row, column, text)
        for table in tables:
            with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
                rows: Iterator[list[str]] = csv.reader(file)
                columns = next(rows)
                if table in shortened:
                    rows = _newest_and_totals(rows, columns, cover.period)
                names = [said["columns"][c]["zh"] for c in columns]
                _sheet(book, said["tables"][table]["zh"], columns, names, rows, formats=formats)
        _sheet(book, "数据字典", HEADINGS, list(HEADINGS), dictionary, formats=formats)


def _introduction(cover: Cover, shortened: Sequence[str]) -> Iterator[tuple[str, ...]]:
    said = texts()
    yield ("发布编号 Release", str(cover.release_id))
    yield ("截至月份 Period", cover.period)
    yield ("业务日期 As of", cover.as_of.isoformat())
    yield ("清单 Manifest sha256", cover.manifest_sha256)
    yield ("", "")
    yield ("空白数值 Empty", "看“单元格状态”：被抑制、未交齐，或没有比较基数。 See the column 单元格状态.")
    for table in shortened:
        yield (
            said["tables"][table]["zh"],
            f"全表超过 {MOST_ROWS:,} 行：此处仅列最新月份的全部行和各月合计；完整数据见 {table}.csv、{table}.parquet。"
            f" More than {MOST_ROWS:,} rows: here are the newest month and the totals of all months; every row is in"
            f" {table}.csv and {table}.parquet.",
        )


def _newest_and_totals(rows: Iterable[list[str]], columns: Sequence[str], newest: str) -> Iterator[list[str]]:
    period, breakdown = columns.index("period"), columns.index("breakdown")
    return (row for row in rows if row[period] == newest or row[breakdown] == "")


def _count(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def _sheet(
    book: Any,
    name: str,
    columns: Sequence[str],
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    formats: Any,
) -> None:
    page = book.add_worksheet(name)
    page.freeze_panes(1, 0)
    for place, heading in enumerate(headings):
        page.set_column(place, place, 14)
        page.write_string(0, place, heading, formats["heading"])
    written = 0
    for written, row in enumerate(rows, start=1):
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value == "":
                continue
            if column in NUMBERS:
                page.write_number(written, place, float(value), formats["ratio" if column in RATIOS else "number"])
            else:
                page.write_string(written, place, value)
    page.autofilter(0, 0, written, len(columns) - 1)
