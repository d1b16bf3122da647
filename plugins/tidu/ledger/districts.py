"""Sessions of one district: the database shows them that district's rows and no others, whatever they ask.

Every district has a role of its own, `tidu_district_<code>`, which may read what `tidu_district` may. Which rows those
are follows from policies of row-level security (migration 0017), so no query has to think of it. Where the server does
not let the login make roles there are no such sessions: nothing is shown rather than everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.rights import ensure_role
from tidu.ledger.roles import Role, acting_as

PREFIX = f"{Role.DISTRICT.value}_"
KNOWN = "select 1 from pg_roles where rolname = %s and pg_has_role(oid, 'SET')"
LIMITED = """
select not (r.rolsuper or r.rolbypassrls) and ops.my_districts() = array[%(code)s] and not ops.sees_whole_city()
from pg_roles as r where r.rolname = current_user
"""


def role_of(code: str) -> str:
    """Return the name of a district's role. Raises TiduError for what is no code of a district."""
    if not re.fullmatch(r"[0-9]{6}", code):
        raise TiduError(f"{code!r} is no code of a district: it has six digits, such as 370202")
    return PREFIX + code


@contextmanager
def session_of(code: str) -> Iterator[psycopg.Connection]:
    """Open a read-only transaction that sees one state of the warehouse, and of it what belongs to a district.

    The district's role is made when it is first asked for. Raises TiduError when the server does not let the login
    make or take it, or would not limit what it shows.
    """
    role = role_of(code)
    _ensure(role)
    with acting_as(None), connect() as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
        if connection.execute(LIMITED, {"code": code}).fetchone() != (True,):
            raise TiduError(f"role {role} would see more than its district; take its other memberships from it")
        yield connection


def _ensure(role: str) -> None:
    with acting_as(None), connect(autocommit=True) as connection:
        if connection.execute(KNOWN, [role]).fetchone() is not None:
            return
        reason = ensure_role(connection, role, inherits=False, group=Role.DISTRICT.value)
    if reason is not None:
        raise TiduError(f"no session of its own for a district, so nothing is made for it: {role}: {reason}")
