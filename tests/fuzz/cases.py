"""One number, one case: `case_of(reader, seed)` makes the same input every time, on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.fuzz.csv_files import csv_case
from tests.fuzz.json_pages import gzip_bomb, json_case
from tests.fuzz.sql_tables import SqlTable, sql_case
from tests.fuzz.workbooks import workbook_case
from tests.fuzz.zip_files import zip_case
from tidu.contracts import DatasetContract

READERS = ("csv", "gb18030", "zip", "xlsx", "json", "sql")
SUFFIXES = {"csv": ".csv", "gb18030": ".csv", "zip": ".zip", "xlsx": ".xlsx", "json": ".parquet", "sql": ".parquet"}


@dataclass(frozen=True)
class Case:
    """One bad input of one reader."""

    reader: str
    seed: int
    contract: DatasetContract
    data: bytes
    """The file, or the body of the answer."""
    done: tuple[str, ...]
    """What was bent, for people."""
    table: SqlTable | None = None
    place: str = "page"
    """json: which answer is bad: page, batches, token, or gzip for a page that inflates."""

    @property
    def name(self) -> str:
        """What replays the case."""
        return f"{self.reader}:{self.seed}"


def case_of(reader: str, seed: int) -> Case:
    """Return case number `seed` of a reader."""
    rng = Random(f"{reader}:{seed}")
    if reader == "sql":
        table = sql_case(rng)
        return Case(reader, seed, table.contract, b"", table.done, table)
    if reader == "json":
        place = rng.choices(("page", "batches", "token", "gzip"), (95, 3, 1, 0.3))[0]
        grid, data = json_case(rng)
        return Case(
            reader, seed, grid.contract, gzip_bomb(rng) if place == "gzip" else data, tuple(grid.done), place=place
        )
    if reader in ("csv", "gb18030"):
        grid, data = csv_case(rng, encoding="gb18030" if reader == "gb18030" else "")
    elif reader == "zip":
        grid, data = zip_case(rng)
    else:
        grid, data = workbook_case(rng)
    return Case(reader, seed, grid.contract, data, tuple(grid.done))
