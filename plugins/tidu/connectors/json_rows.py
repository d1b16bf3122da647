"""JSON rows into Arrow text columns, faithfully: texts as they are, numbers as their JSON text, null as null."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

SEQUENCE = "batch_seq"
MOST_NAMES = 1_000
"""Names the rows of one page may have together; each becomes a column of every row."""
_NOT_TEXT = re.compile(
    rb'"(?=\s*:\s*[-\d\[tf{NI])(?:(?<!"batch_seq")(?<!"total")\s*:\s*[-\d]|(?<!"data")\s*:\s*\[|\s*:\s*[tf{NI])'
)
"""Finds a value that is neither text nor null; may find one too many (inside a text), never one too few.

Begins with a plain character, for which the search leaps ahead: begun with what must not stand before it, it would look
at every byte and take 20 times as long.
"""
_OF_THE_PAGE = (b'"total"', b'"data"')
"""Names that stand once in a page of texts; a row that has them too may hold anything under them."""


def page_of(body: bytes) -> tuple[dict[str, Any], bool]:
    """Parse one page; also say whether every value but batch_seq is text or null.

    A page with other values is parsed again so that numbers keep their text (1.10 stays 1.10).
    Raises ValueError when the body is no JSON object.
    """
    plain = _NOT_TEXT.search(body) is None and all(body.count(name) <= 1 for name in _OF_THE_PAGE)
    page = orjson.loads(body) if plain else json.loads(body, parse_float=str, parse_int=str)
    rows = page.get("data") if isinstance(page, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("no object with a list of rows `data`")
    return page, plain


def text_table(rows: list[dict[str, Any]], plain: bool) -> pa.Table:
    """Return rows as text columns in order of appearance; batch_seq is text like the others.

    Shape: one row per JSON object; a name that only some rows have is null in the others. Raises ValueError for more
    than MOST_NAMES names, and for text that is no Unicode.
    """
    names = set().union(*rows)
    if len(names) > MOST_NAMES:
        raise ValueError(f"more than {MOST_NAMES} names")
    # polars hands names to Arrow as C strings
    if plain and not any("\0" in name for name in names):
        try:
            frame = pl.from_dicts(rows, infer_schema_length=None) if rows else pl.DataFrame()
            return frame.cast(pl.String).to_arrow(compat_level=pl.CompatLevel.oldest())
        except (pl.exceptions.PolarsError, TypeError):
            # batch_seq as a number here and as a text there: each value for itself, as below
            pass
    # Rare: departments send text. Values of any kind cannot be told apart by column, so each is written out.
    ordered = dict.fromkeys(name for row in rows for name in row)
    return pa.table({n: pa.array([_text(row.get(n)) for row in rows], pa.string()) for n in ordered})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
