"""Reads a world: `<dataset>/<YYYY-MM-DD>.csv`, one file one delivery, every cell as text.

Rows with more or fewer cells than headings keep their place and their cells. Empty lines are not rows;
a line of separators alone is one. Nothing is trimmed, typed or repaired.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pyarrow.csv
import yaml

from simulators.errors import WorldError
from tidu.contracts.catalogue import contracts
from tidu.contracts.model import DatasetContract

NOT_A_DATASET = "truth"
LONGEST_HEADER = 1 << 20
SHANGHAI = ZoneInfo("Asia/Shanghai")
EVENING = time(18)
SURPLUS = "__surplus__"
"""Extra field for the cells beyond the headings (a JSON list), where a transport has only named fields."""
MISSING = "__missing__"
"""Extra field for the number of cells a short row lacks, where a transport has only named fields."""


@dataclass(frozen=True)
class Delivery:
    """One file of a world."""

    dataset: str
    delivered_on: date
    path: Path

    @property
    def name(self) -> str:
        """`<dataset>:<YYYY-MM-DD>`, how options and records call it."""
        return f"{self.dataset}:{self.delivered_on}"

    @property
    def contract(self) -> DatasetContract:
        """What the department promises of this dataset."""
        return contracts()[self.dataset]

    @cached_property
    def stamp(self) -> str:
        """SHA-256 of the file: a world written again with the same content is the same world."""
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


@dataclass(frozen=True)
class Rows:
    """The rows of one delivery in order; row n of the world is index n - 1."""

    frame: pl.DataFrame
    """One text column per heading; an empty cell is the empty text."""
    surplus: dict[int, list[str]] = field(default_factory=dict)
    """Cells beyond the headings, by row index."""
    missing: dict[int, int] = field(default_factory=dict)
    """Number of cells a short row lacks at its end, by row index."""
    written: dict[str, str] = field(default_factory=dict)
    """The heading as it stands in the file, where a column could not be called so: none, or there twice."""

    @property
    def headings(self) -> list[str]:
        """The file's headings; the frame's columns are what transports with named fields call them."""
        return [self.written.get(name, name) for name in self.frame.columns]

    @property
    def marked(self) -> pl.DataFrame:
        """The frame, with SURPLUS and MISSING as columns where a row needs them (null elsewhere)."""
        height = self.frame.height
        extra: list[pl.Series] = []
        if self.surplus:
            cells = {i: json.dumps(c, ensure_ascii=False) for i, c in self.surplus.items()}
            extra.append(pl.Series(SURPLUS, [cells.get(i) for i in range(height)], dtype=pl.String))
        if self.missing:
            counts = {i: str(n) for i, n in self.missing.items()}
            extra.append(pl.Series(MISSING, [counts.get(i) for i in range(height)], dtype=pl.String))
        return self.frame.with_columns(extra)


def deliveries(world: Path, as_of: date) -> list[Delivery]:
    """Return every delivery of the world up to and including `as_of`, by date, then dataset.

    Raises WorldError when the folder is no world or holds a dataset or a file name the catalogue does not know.
    """
    found: list[Delivery] = []
    for folder in sorted(p for p in _existing(world).iterdir() if p.is_dir() and p.name != NOT_A_DATASET):
        files = sorted(folder.glob("*.csv"))
        if files and folder.name not in contracts():
            raise WorldError(f"{folder}: the catalogue knows no dataset {folder.name}")
        found.extend(Delivery(folder.name, _date(path), path) for path in files)
    return sorted((d for d in found if d.delivered_on <= as_of), key=lambda d: (d.delivered_on, d.dataset))


def completed_at(dataset: str, delivered_on: date, rewrites: int = 0) -> datetime:
    """Return when a department finished a delivery: the evening of its date, a day later each time it was rewritten.

    Depends on the name alone, so that serving a world again changes nothing.
    """
    minutes = zlib.crc32(f"{dataset}:{delivered_on}".encode()) % 180
    return datetime.combine(delivered_on, EVENING, tzinfo=SHANGHAI) + timedelta(days=rewrites, minutes=minutes)


def latest_date(world: Path) -> date:
    """Return the date up to which a world wants to be served: world.yaml's `as_of`, else its `end`."""
    path = _existing(world) / "world.yaml"
    if not path.exists():
        raise WorldError(f"{path} is missing; give a date with --as-of")
    notes: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    wanted = notes.get("as_of") or notes.get("end")
    if wanted is None:
        raise WorldError(f"{path} has neither as_of nor end; give a date with --as-of")
    return wanted if isinstance(wanted, date) else date.fromisoformat(str(wanted))


def read(delivery: Delivery) -> Rows:
    """Read one delivery. Raises WorldError when it is not UTF-8."""
    content = delivery.path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    written, end = _headings(delivery, content)
    if not written:
        return Rows(pl.DataFrame())
    headings = _names(written)
    if headings != written:
        target = io.StringIO()
        csv.writer(target).writerow(headings)
        content = target.getvalue().encode() + content[end:]
    ragged: dict[int, list[str]] = {}

    def set_aside(row: Any) -> str:
        # The reader counts non-empty rows from 1, the headings being the first.
        ragged[row.number - 2] = next(csv.reader(io.StringIO(row.text, newline="")), [])
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(content),
            # Without threads the reader knows row numbers; one block lets quoted cells hold line breaks anywhere.
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=len(content) + 1),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
            convert_options=pyarrow.csv.ConvertOptions(
                strings_can_be_null=False, column_types=dict.fromkeys(headings, pa.string())
            ),
        )
    except pa.ArrowInvalid as error:
        raise WorldError(f"{delivery.path}: {error}") from error
    regular = pl.DataFrame(pl.from_arrow(table))
    rows = _spliced(regular, ragged) if ragged else Rows(regular)
    return replace(rows, written={n: w for n, w in zip(headings, written, strict=True) if n != w})


def _headings(delivery: Delivery, content: bytes) -> tuple[list[str], int]:
    """Return the headings and the offset of what follows them."""
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for line in content[:LONGEST_HEADER].splitlines(keepends=True):
            end += len(line)
            yield line.decode("utf-8")

    try:
        return next((row for row in csv.reader(lines()) if row), []), end
    except UnicodeDecodeError as error:
        raise WorldError(f"{delivery.path}: {error}") from error


def _names(headings: list[str]) -> list[str]:
    """Return a name for each heading: its own, `column <place>` for an empty one, `<name> (2)` for a second one."""
    found: list[str] = []
    for place, heading in enumerate(headings, start=1):
        name = heading or f"column {place}"
        found.append(next(n for k in count(1) if (n := name if k == 1 else f"{name} ({k})") not in found))
    return found


def _spliced(regular: pl.DataFrame, ragged: dict[int, list[str]]) -> Rows:
    """Put the rows of another width back into their places, cut or filled up to the headings."""
    width, height = regular.width, regular.height + len(ragged)
    kept = [i for i in range(height) if i not in ragged]
    filled = [(cells + [""] * width)[:width] for cells in ragged.values()]
    odd = pl.DataFrame(filled, schema=dict.fromkeys(regular.columns, pl.String), orient="row")
    place = pl.Series("__place__", [*kept, *ragged], dtype=pl.Int64)
    frame = pl.concat([regular, odd]).insert_column(0, place).sort("__place__").drop("__place__")
    return Rows(
        frame,
        surplus={i: cells[width:] for i, cells in ragged.items() if len(cells) > width},
        missing={i: width - len(cells) for i, cells in ragged.items() if len(cells) < width},
    )


def _existing(world: Path) -> Path:
    if not world.is_dir():
        raise WorldError(f"{world} is not a folder")
    return world


def _date(path: Path) -> date:
    try:
        return date.fromisoformat(path.stem)
    except ValueError:
        raise WorldError(f"{path}: the name must be a date, YYYY-MM-DD.csv") from None
