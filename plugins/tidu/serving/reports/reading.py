"""How reports read the warehouse: rows as mappings, numbers inside JSON exact, one SQL file per question."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.transform.tiers.policy import Item, Policy
from tidu.transform.tiers.registry import policies

HERE = Path(__file__).parent
Row = dict[str, Any]


@contextmanager
def reading() -> Iterator[psycopg.Connection]:
    """Open a connection whose JSON numbers are decimals and whose questions all see the same state of the warehouse."""
    with connect() as connection:
        set_json_loads(partial(json.loads, parse_float=Decimal), connection)
        connection.execute("set transaction isolation level repeatable read, read only")
        yield connection


def asked(connection: psycopg.Connection, file: str, parameters: Mapping[str, Any], **parts: str) -> list[Row]:
    """Return the rows of a SQL file of this folder; `parts` stand where it says {part}, and are never data."""
    text = text_of(file)
    for part, words in parts.items():
        text = text.replace("{" + part + "}", words)
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(text.encode(), parameters).fetchall()


def text_of(file: str) -> str:
    """Return the text of a file of this folder."""
    return (HERE / file).read_text(encoding="utf-8").strip()


def assessed_on(connection: psycopg.Connection, as_of: dt.date | None) -> dt.date:
    """Return the last business date assessed, not after `as_of` where one is given. Raises TiduError without one."""
    if connection.execute("select to_regclass('mart.tier_run')").fetchone() == (None,):
        raise TiduError("no tiers are assessed yet; build stage tier first")
    found = connection.execute(
        "select max(as_of) filter (where as_of <= coalesce(%(day)s::date, 'infinity')), min(as_of) from mart.tier_run",
        {"day": as_of},
    ).fetchone()
    if found is None or found[1] is None:
        raise TiduError("no tiers are assessed yet; build stage tier first")
    if found[0] is None:
        raise TiduError(f"nothing was assessed on or before {as_of}; the first business date assessed is {found[1]}")
    day: dt.date = found[0]
    return day


def item_of(version: str, code: str) -> Item | None:
    """Return an item of a version of a policy; None where its file is gone since."""
    policy = policy_of(version)
    return next((item for item in policy.items if item.code == code), None) if policy is not None else None


def policy_of(version: str) -> Policy | None:
    """Return the policy of a version; None where its file is gone since."""
    return next((policy for policy in policies() if policy.version == version), None)
