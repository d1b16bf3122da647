"""Sheets of a workbook: headings, rows, widths. Text stays text, whatever it begins with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter


@dataclass(frozen=True)
class Sheet:
    """One sheet: its columns as (heading, width), and its rows."""

    name: str
    columns: tuple[tuple[str, int], ...]
    rows: Iterable[Sequence[Any]]


def write_workbook(out: Path, sheets: Iterable[Sheet], title: str, as_of: dt.date) -> None:
    """Write a workbook, each sheet with frozen headings and a filter; an older file of that name is replaced.

    Names of enterprises come from departments: none of them becomes a formula or a link. The same rows of the same
    business date give the same bytes.
    """
    with xlsxwriter.Workbook(
        str(out), {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    ) as book:
        book.set_properties({"title": title, "created": dt.datetime.combine(as_of, dt.time())})
        heading = book.add_format(
            {"bold": True, "bg_color": "#E4EBF3", "border": 1, "text_wrap": True, "valign": "top"}
        )
        body = book.add_format({"text_wrap": True, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            for place, (name, width) in enumerate(sheet.columns):
                page.set_column(place, place, width, body)
                page.write_string(0, place, name, heading)
            count = 0
            for count, row in enumerate(sheet.rows, start=1):
                for place, value in enumerate(row):
                    if value is not None and value != "":
                        page.write(count, place, value)
            page.freeze_panes(1, 0)
            page.autofilter(0, 0, count, len(sheet.columns) - 1)
            page.set_landscape()
            page.set_paper(9)
            page.fit_to_pages(1, 0)
            page.repeat_rows(0)
