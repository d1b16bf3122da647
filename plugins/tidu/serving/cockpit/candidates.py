"""Who is in the seed pool: counts for everyone, names for those who may see them, and the record of who saw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from tidu.errors import TiduError
from tidu.serving.cockpit.documents import CITY
from tidu.serving.cockpit.reading import asked, is_there, reading

PAGE = 50
"""Enterprises on one page of a list."""
LOG = (
    "insert into ops.cockpit_access_log"
    " (viewer, allowed, district_code, tier, readiness, assessed_on, after_rank, rows_shown)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s)"
)


@dataclass(frozen=True)
class Wanted:
    """One page of a list."""

    place: str
    tier: str
    readiness: str | None
    as_of: str
    after_rank: int | None = None
    after_id: str | None = None


def pool(connection: psycopg.Connection, place: str) -> dict[str, Any]:
    """Return how many enterprises the newest seed pool has in a place by tier and readiness; `as_of` null: no pool."""
    as_of = _assessed(connection)
    rows = asked(connection, "pool.sql", {"as_of": as_of, "place": place, "city": CITY}) if as_of else []
    return {"as_of": as_of, "place": place, "pool": rows}


def enterprises(wanted: Wanted, viewer: str) -> dict[str, Any]:
    """Return one page of a list and where the next begins; a row of ops.cockpit_access_log is written with it.

    Grain: one row per candidate of the tier. Raises TiduError where no seed pool was ever made.
    """
    with reading(write=True) as connection:
        if _assessed(connection) is None:
            raise TiduError("no tiers are assessed yet; build stage tier first")
        rows = asked(connection, "enterprises.sql", {**vars(wanted), "city": CITY, "most": PAGE + 1})
        shown, more = rows[:PAGE], len(rows) > PAGE
        _record(connection, wanted, viewer, allowed=True, rows=len(shown))
    after = {"after_rank": shown[-1]["rank"], "after_id": shown[-1]["enterprise_id"]} if more else None
    return {"as_of": wanted.as_of, "enterprises": shown, "next": after}


def refused(wanted: Wanted, viewer: str) -> None:
    """Keep that somebody without the right asked for a list."""
    with reading(write=True) as connection:
        _record(connection, wanted, viewer, allowed=False, rows=0)


def _assessed(connection: psycopg.Connection) -> str | None:
    if not is_there(connection, "mart.tier_run"):
        return None
    row = connection.execute("select max(as_of)::text from mart.tier_run").fetchone()
    return row[0] if row else None


def _record(connection: psycopg.Connection, wanted: Wanted, viewer: str, *, allowed: bool, rows: int) -> None:
    connection.execute(
        LOG,
        [viewer, allowed, wanted.place, wanted.tier, wanted.readiness, wanted.as_of, wanted.after_rank, rows],
    )
