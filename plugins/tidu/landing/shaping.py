"""Any file's columns into the columns of its contract: which heading is which field, and what is left over.

Values stay as delivered; only empty text becomes null and NUL, which PostgreSQL cannot hold, becomes U+FFFD.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected
from tidu.landing.drift import Columns, weigh
from tidu.landing.limits import check_cells, check_headings

SURPLUS = "__surplus__"
"""Key of `_extra` for the cells of a row beyond its headings."""
MISSING = "__missing__"
"""Key of `_extra` for the number of cells a row is short of."""
_INVISIBLE = re.compile(r"[\s\u200b-\u200d\ufeff]+")


@dataclass(frozen=True)
class Sheet:
    """A delivery as a reader found it: headings and text columns of equal length, not yet matched to the contract."""

    headings: Sequence[str]
    columns: Sequence[Any]
    """One Arrow array of strings per heading."""
    positions: Any = None
    """row_no of each row as an Arrow array; None for 1, 2, 3, ..."""
    marks: Mapping[int, Mapping[str, object]] = field(default_factory=dict)
    """SURPLUS or MISSING of ragged rows, by row index from 0."""
    hollow_extras: bool = True
    """Whether an undeclared column without any value still counts as delivered."""


@dataclass(frozen=True)
class Shaped:
    """A delivery in the columns of its raw table: row_no, the contract's fields in order, _extra (JSON text)."""

    table: pa.Table
    drift: dict[str, object]
    content_sha256: str


def field_of_heading(contract: DatasetContract) -> dict[str, str]:
    """Return the field for each known heading, Chinese or English, aliases included, in normal form."""
    return {normal_heading(h): f.name for f in contract.fields for h in (*f.aliases, f.heading, f.name)}


def normal_heading(heading: str) -> str:
    """Return a heading without white space, in half-width forms.

    >>> normal_heading(" 区市代码（370200 为全市）")
    '区市代码(370200为全市)'
    """
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", heading)).casefold()


def shape(contract: DatasetContract, source: str, sheet: Sheet) -> Shaped:
    """Give a delivery the columns of its contract, with drift and a hash of its content.

    Raises DeliveryRejected when a column is there twice, or its columns depart from the contract in a way that the
    contract refuses. An alias beside the field's own heading is an undeclared column like any other.
    """
    known = field_of_heading(contract)
    proper = {normal_heading(h): f.name for f in contract.fields for h in (f.heading, f.name)}
    by_own_heading = {proper.get(normal_heading(heading)) for heading in sheet.headings}
    columns: dict[str, Any] = {}
    renamed: dict[str, str] = {}
    extras: dict[str, Any] = {}
    nuls = 0
    rows = len(sheet.columns[0]) if sheet.columns else 0
    check_headings(contract, source, sheet.headings)
    # A department's own column of that name must not hide what we noted about the row.
    reserved: dict[str, Any] = dict.fromkeys((SURPLUS, MISSING)) if sheet.marks else {}
    headings = [heading.replace("\0", "\ufffd") for heading in sheet.headings]
    for place, (heading, column) in enumerate(zip(headings, sheet.columns, strict=True), start=1):
        text, replaced = _storable(column)
        nuls += replaced
        name = known.get(normal_heading(heading))
        if name and normal_heading(heading) not in proper:
            name = None if name in by_own_heading else name
            renamed |= {name: heading.strip()} if name else {}
        if name in columns:
            raise DeliveryRejected(contract.name, source, f"column {heading} is there twice", contract.contact)
        if name:
            columns[name] = text
        elif text.null_count < rows or (sheet.hollow_extras and heading.strip()):
            extras[_free_name(heading.strip() or f"column {place}", ChainMap(extras, reserved))] = text
    undeclared = {name: values for name, values in extras.items() if name not in (SURPLUS, MISSING)}
    drift = weigh(contract, source, Columns(list(columns), renamed, undeclared, rows))
    if nuls:
        drift["nul_replaced"] = nuls
    if sheet.marks:
        drift["ragged_rows"] = len(sheet.marks)
    absent = pa.nulls(rows, pa.string())
    positions = sheet.positions if sheet.positions is not None else pa.array(range(1, rows + 1), pa.int32())
    table = pa.table(
        {
            "row_no": positions,
            **{name: columns.get(name, absent) for name in contract.field_names},
            "_extra": _extra_json(extras, sheet.marks, rows),
        }
    )
    check_cells(contract, source, table)
    return Shaped(table, drift, content_hash(table))


def content_hash(table: pa.Table) -> str:
    """Return a sha256 over names and values, the same however the rows were cut into chunks or encoded."""
    digest = hashlib.sha256()
    for name in table.column_names:
        column = table[name].combine_chunks()
        digest.update(f"\x1e{name}\x1f{len(column)}\x1f".encode())
        if not pa.types.is_string(column.type):
            digest.update(column.cast(pa.int64()).to_numpy(zero_copy_only=False))
            continue
        lengths = pc.fill_null(pc.binary_length(column), -1)
        digest.update(lengths.to_numpy(zero_copy_only=False))
        whole = pc.fill_null(column, "")
        _, offsets, values = whole.buffers()
        bounds = memoryview(offsets).cast("i")[whole.offset : whole.offset + len(whole) + 1]
        if len(whole) and values is not None:
            digest.update(memoryview(values)[bounds[0] : bounds[-1]])
    return digest.hexdigest()


def _storable(column: Any) -> tuple[Any, int]:
    """Return the column as plain strings with null for empty text, and how many values held NUL."""
    text = column.cast(pa.string())
    if pc.any(pc.equal(text, "")).as_py():
        text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    nuls = pc.sum(pc.match_substring(text, "\0")).as_py() or 0
    return (pc.replace_substring(text, "\0", "\ufffd") if nuls else text), nuls


def _free_name(heading: str, taken: Mapping[str, object]) -> str:
    name, number = heading, 1
    while name in taken:
        number += 1
        name = f"{heading} ({number})"
    return name


def _extra_json(extras: Mapping[str, Any], marks: Mapping[int, Mapping[str, object]], rows: int) -> Any:
    """Return one JSON object per row of the values without a field, null where a row has none."""
    if not extras and not marks:
        return pa.nulls(rows, pa.string())
    frame = pl.DataFrame({"row": pl.int_range(rows, eager=True)})
    members: list[pl.Expr] = []
    for place, (name, values) in enumerate(extras.items()):
        column = f"extra{place}"
        frame = frame.with_columns(pl.Series(column, pl.from_arrow(values)))
        # Simulated departments and others hand on a ragged row of theirs as JSON in these two columns.
        literal = name in (SURPLUS, MISSING) and _all_marks(values)
        value = pl.col(column) if literal else pl.struct(v=column).struct.json_encode().str.slice(5).str.head(-1)
        label = pl.lit(json.dumps(name, ensure_ascii=False) + ":")
        members.append(pl.when(pl.col(column).is_not_null()).then(label + value))
    if marks:
        texts = {i: _dumped(mark)[1:-1] for i, mark in marks.items()}
        places = {"row": pl.Series(list(texts), dtype=pl.Int64), "mark": pl.Series(list(texts.values()))}
        frame = frame.join(pl.DataFrame(places), on="row", how="left", maintain_order="left")
        members.append(pl.col("mark"))
    inner = frame.select(pl.concat_str(members, separator=",", ignore_nulls=True).alias("inner"))["inner"]
    whole = pl.select(pl.when(inner != "").then("{" + inner + "}")).to_series()
    return whole.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())


def _dumped(mark: Mapping[str, object]) -> str:
    """Return a mark as JSON that jsonb can hold; NUL becomes U+FFFD as everywhere."""
    cells = mark.get(SURPLUS)
    if isinstance(cells, list):
        mark = {SURPLUS: [cell.replace("\0", "\ufffd") for cell in cells]}
    return json.dumps(mark, ensure_ascii=False)


def _all_marks(values: Any) -> bool:
    """Tell whether every value is the JSON of a mark: a list of texts, or a number; and one that jsonb can hold."""
    texts = values.drop_null()
    if pc.any(pc.match_substring(texts, "\\u0000")).as_py():
        return False
    try:
        found = [orjson.loads(value) for value in texts.to_pylist()]
    except ValueError:
        return False
    return all(type(v) is int or (isinstance(v, list) and all(isinstance(c, str) for c in v)) for v in found)
