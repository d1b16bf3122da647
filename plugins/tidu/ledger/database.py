"""Connections to the warehouse, and its migrations: plain SQL files, forward only, safe to repeat.

Every connection is in the role of the work at hand (tidu.ledger.roles), as far as the login may take it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tidu.contracts import contracts
from tidu.contracts.derive.ddl import landing_ddl
from tidu.errors import SettingsError, TiduError
from tidu.ledger import rights, roles, terms
from tidu.settings import settings

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7_411_001


def connect(dsn: str | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """Open a psycopg connection to the warehouse (`settings().warehouse_dsn()` when no DSN is given)."""
    connection = psycopg.connect(_readable(dsn), autocommit=True)
    if roles.acting() is not None:
        roles.take(connection)
    connection.autocommit = autocommit
    return connection


def _readable(dsn: str | None) -> str:
    """Return the DSN given or set, if libpq can read it; where not, libpq's own words might quote the password."""
    found = dsn or settings().warehouse_dsn()
    try:
        conninfo_to_dict(found)
    except psycopg.ProgrammingError:
        raise SettingsError("the warehouse's connection string (TIDU_DSN) is no URI that libpq can read") from None
    return found


def stage_role(dsn: str | None = None) -> str | None:
    """Return the name of the role that connections take just now; None when they keep the login's own rights."""
    if roles.acting() is None:
        return None
    with connect(dsn, autocommit=True) as connection:
        row = connection.execute("select current_user where current_user <> session_user").fetchone()
    return str(row[0]) if row else None


def stage_dsn(dsn: str | None = None) -> str:
    """Return the warehouse's connection string for libraries that connect themselves, the role at hand in it."""
    target = _readable(dsn)
    role = stage_role(target)
    return roles.with_role(target, role) if role else target


def connect_arrow(dsn: str | None = None) -> Any:
    """Open an ADBC connection to the warehouse, which moves Arrow tables by binary COPY; commit is explicit."""
    import adbc_driver_postgresql.dbapi

    return adbc_driver_postgresql.dbapi.connect(stage_dsn(dsn))


def migrate(dsn: str | None = None) -> list[str]:
    """Bring the warehouse to the newest version; return the names of the files applied now.

    Idempotence: a file runs once, in its own transaction; two callers at once wait for each other. Tables of new
    contracts and the rights of every stage are brought up to date each time.
    Raises TiduError when a file that was applied has changed since: migrations only go forward.
    """
    applied: list[str] = []
    with connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
        connection.execute("create schema if not exists ops")
        connection.execute(
            "create table if not exists ops.migration_log"
            " (name text primary key, md5 text not null, applied_at timestamptz not null default now())"
        )
        done: dict[str, str] = dict(connection.execute("select name, md5 from ops.migration_log").fetchall())
        for path in sorted(MIGRATIONS.glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            (md5,) = connection.execute("select md5(%s)", [text]).fetchone() or ("",)
            if path.name in done:
                if done[path.name] != md5:
                    raise TiduError(f"migration {path.name} changed after it was applied; add a new file instead")
                continue
            with connection.transaction():
                connection.execute(text.encode())
                connection.execute("insert into ops.migration_log (name, md5) values (%s, %s)", [path.name, md5])
            applied.append(path.name)
        for contract in contracts().values():
            connection.execute(landing_ddl(contract).encode())
        terms.register(connection, contracts().values())
        rights.enforce(connection)
    return applied
