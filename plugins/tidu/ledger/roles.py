"""Which database role a piece of work is done under: one per stage, taken by every connection opened meanwhile.

What each role may do stands in tidu.ledger.rights. Where the server does not let the login take a role, work goes on
with the login's own rights; `ops.stage_role` says so. A role guards against mistakes and against injected reads and
writes; whoever can run any SQL can lay it down again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Role(StrEnum):
    """The roles; their names are the same on every server."""

    RECORD = "tidu_record"
    """Keeps run records and alerts."""
    LAND = "tidu_land"
    """Receives files and loads them into raw."""
    VALIDATE = "tidu_validate"
    """Judges and settles rows."""
    TRANSFORM = "tidu_transform"
    """Builds typed records, links, marts and figures; owns what it builds."""
    PUBLISH = "tidu_publish"
    """Writes and approves releases."""
    REVIEW = "tidu_review"
    """Takes the decisions of reviewers and settles again what they touch."""
    CORRECT = "tidu_correct"
    """Keeps correction tickets, hands departments their returns, raises what is late."""
    COCKPIT = "tidu_cockpit"
    """Shows releases, and enterprise lists with a record of who saw them."""
    DISTRICT = "tidu_district"
    """What every district may read; which rows of it follows from the district's own role (tidu.ledger.districts)."""
    READ = "tidu_read"
    """Reads mart and publish; what downstream systems are given."""


_acting: ContextVar[Role | None] = ContextVar("tidu_role", default=None)

TAKE = (
    "select set_config('role', r.rolname, false) from pg_roles as r join ops.stage_role as s on s.role = r.rolname"
    " where s.granted and r.rolname = %s and pg_has_role(r.oid, 'SET')"
)
"""Takes a role if it is in force and the login may: one round trip, and no failure where it may not."""


@contextmanager
def acting_as(role: Role | None) -> Iterator[None]:
    """Let connections opened within take `role`, or none; also a decorator. The innermost counts."""
    token = _acting.set(role)
    try:
        yield
    finally:
        _acting.reset(token)


def acting() -> Role | None:
    """Return the role of the work at hand; None outside of any stage."""
    return _acting.get()


def take(connection: psycopg.Connection) -> bool:
    """Put a connection in autocommit mode into the role at hand; return whether it took one."""
    role = _acting.get()
    return role is not None and connection.execute(TAKE, [role.value]).fetchone() is not None


def with_role(dsn: str, role: str) -> str:
    """Return a DSN whose sessions begin in `role`, whatever other options it names.

    >>> with_role("postgresql://u:p@h/d?options=-c%20a%3Db", "tidu_land")
    'postgresql://u:p@h/d?options=-c%20a%3Db%20-c%20role%3Dtidu_land'
    """
    parts = urlsplit(dsn)
    if parts.scheme not in ("postgresql", "postgres"):
        options = str(conninfo_to_dict(dsn).get("options") or "")
        return make_conninfo(dsn, options=f"{options} -c role={role}".strip())
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query["options"] = f"{query.get('options', '')} -c role={role}".strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))
