"""How large a delivery may be. What is beyond was never meant to be one, and must not take a worker down with it.

Every limit is far above what a department of a city of ten million delivers and far below what exhausts a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected

LARGEST_TEXT = 1 << 30
"""Bytes of a delivery once it is unpacked; the largest monthly file of the catalogue has a tenth."""
LARGEST_RATIO = 200
"""How many times its size a packed file may unpack to; tables of text reach thirty."""
ALWAYS_UNPACKED = 64 << 20
"""Bytes that may be unpacked whatever the ratio: small files of one repeated value pack very well."""
MOST_COLUMNS = 1_000
"""Columns of a delivery, and cells of one row; the widest contract has twenty-two."""
LONGEST_HEADING = 500
"""Characters; a longer one is a quotation mark in the first line that closes too late."""
LARGEST_CELL = 32 << 20
"""Bytes of one value."""
LARGEST_ROW = 128 << 20
"""Bytes of one row; PostgreSQL keeps 256 MiB of one JSON object, and a row held back becomes one."""
MOST_RAGGED_CELLS = 5_000_000
"""Cells of all rows that are not as wide as their header; more of them is another separator."""
MOST_SHEET_CELLS = 12_000_000
"""Cells of the rectangle around everything a workbook holds; Excel's 1,048,576 rows of eleven columns."""

MOST_BLANK_ROWS = 10_000
"""Wholly blank rows among those of a sheet; one stray cell far below the table makes a million of them."""


def unpacked_limit(packed_bytes: int) -> int:
    """Return how many bytes a packed file of this size may unpack to.

    >>> unpacked_limit(1_000), unpacked_limit(1 << 30) == LARGEST_TEXT
    (67108864, True)
    """
    return min(LARGEST_TEXT, max(ALWAYS_UNPACKED, LARGEST_RATIO * packed_bytes))


def check_size(contract: DatasetContract, source: str, size: int, limit: int = LARGEST_TEXT) -> None:
    """Raise DeliveryRejected when a delivery's text is larger than the limit."""
    if size > limit:
        reason = f"it holds more than {limit >> 20} MiB: deliver it in parts, each a delivery of its own"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)


def check_headings(contract: DatasetContract, source: str, headings: Sequence[str]) -> None:
    """Raise DeliveryRejected for more columns than MOST_COLUMNS and for a heading that swallowed rows."""
    if len(headings) > MOST_COLUMNS:
        reason = f"{len(headings)} columns, at most {MOST_COLUMNS} are taken: leave out what the contract does not name"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)
    longest = max(headings, key=len, default="")
    if len(longest) > LONGEST_HEADING:
        reason = f"a heading of {len(longest)} characters: close the quotation marks of the headings ({longest[:30]!r})"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)


def check_cells(contract: DatasetContract, source: str, table: pa.Table) -> None:
    """Raise DeliveryRejected for a cell above LARGEST_CELL and for a row above LARGEST_ROW; row_no names the row."""
    # Nothing in a small table can be too large, and most tables are small.
    if table.nbytes <= LARGEST_CELL:
        return
    lengths = {n: pc.fill_null(pc.binary_length(table[n].cast(pa.string())), 0) for n in table.column_names[1:]}
    whole = reduce(pc.add, (column.cast(pa.int64()) for column in lengths.values()))
    weighed = [*((name, column, LARGEST_CELL) for name, column in lengths.items()), ("it", whole, LARGEST_ROW)]
    for what, found, limit in weighed:
        largest = pc.max(found).as_py() or 0
        if largest > limit:
            row_no = table["row_no"][pc.index(found, largest).as_py()].as_py()
            reason = f"row {row_no}: {what} has {largest} bytes, at most {limit} are taken: check its quotation marks"
            raise DeliveryRejected(contract.name, source, reason, contract.contact)
