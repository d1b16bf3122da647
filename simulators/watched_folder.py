"""industry and statistics: `{dataset}_{YYYYMMDD}.csv` in a watched folder, in one of three encodings.

Which of UTF-8, UTF-8 with BOM and GB18030 a file has depends on its name alone. industry writes Chinese headings,
statistics the field names; GB18030 files end their lines with CRLF, the others with LF.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from simulators.csv_text import csv_text
from simulators.deliveries import Delivery, Rows, completed_at
from simulators.headings import chinese
from simulators.home import Entry, Home, replace

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")
ENGLISH_HEADINGS = frozenset({"statistics"})


class WatchedFolder:
    """Prepares and names the files of folder_csv."""

    can_stay_open = False

    def prepare(self, home: Home, delivery: Delivery, rows: Rows, entry: Entry) -> None:
        """Drop the file into the folder, whole."""
        department = delivery.contract.department
        path = _path(home, delivery)
        encoding = encoding_of(path.name)
        columns = rows.headings
        headings = columns if department in ENGLISH_HEADINGS else chinese(delivery.contract, columns)
        text = csv_text(rows, headings, "\r\n" if encoding == "gb18030" else "\n")
        finished = completed_at(delivery.dataset, delivery.delivered_on, entry.rewrites)
        replace(path, text.encode(encoding), finished)

    def files(self, home: Home, delivery: Delivery) -> tuple[Path, ...]:
        """The file itself."""
        return (_path(home, delivery),)


def encoding_of(file_name: str) -> str:
    """Return the encoding a file of this name is written in."""
    return ENCODINGS[zlib.crc32(file_name.encode()) % len(ENCODINGS)]


def _path(home: Home, delivery: Delivery) -> Path:
    name = f"{delivery.dataset}_{delivery.delivered_on:%Y%m%d}.csv"
    return home.watched(delivery.contract.department) / name
