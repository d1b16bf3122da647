"""JSON rows into Arrow text columns, faithfully: texts as they are, numbers as their JSON text, null as null."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

SEQUENCE = "batch_seq"
_NOT_TEXT = re.compile(rb'":(?<!"batch_seq":)(?<!"total":)(?<!"data":)\s*[-\dtf{\[]')
"""Finds a value that is neither text nor null; may find one too many (inside a text), never one too few."""


def page_of(body: bytes) -> tuple[dict[str, Any], bool]:
    """Parse one page; also say whether every value but batch_seq is text or null.

    A page with other values is parsed again so that numbers keep their text (1.10 stays 1.10).
    Raises ValueError when the body is no JSON object.
    """
    plain = _NOT_TEXT.search(body) is None
    page = orjson.loads(body) if plain else json.loads(body, parse_float=str, parse_int=str)
    rows = page.get("data") if isinstance(page, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("no object with a list of rows `data`")
    return page, plain


def text_table(rows: list[dict[str, Any]], plain: bool) -> pa.Table:
    """Return rows as text columns in order of appearance; batch_seq is text like the others.

    Shape: one row per JSON object; a name that only some rows have is null in the others.
    """
    if plain:
        frame = pl.from_dicts(rows, infer_schema_length=None) if rows else pl.DataFrame()
        return frame.cast(pl.String).to_arrow(compat_level=pl.CompatLevel.oldest())
    # Rare: departments send text. Values of any kind cannot be told apart by column, so each is written out.
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({n: pa.array([_text(row.get(n)) for row in rows], pa.string()) for n in names})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
