"""Connections to the warehouse, and its migrations: plain SQL files, forward only, safe to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from tidu.contracts import contracts
from tidu.contracts.derive.ddl import landing_ddl
from tidu.errors import TiduError
from tidu.ledger import terms
from tidu.settings import settings

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7_411_001


def connect(dsn: str | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """Open a psycopg connection to the warehouse (`settings().warehouse_dsn()` when no DSN is given)."""
    return psycopg.connect(dsn or settings().warehouse_dsn(), autocommit=autocommit)


def connect_arrow(dsn: str | None = None) -> Any:
    """Open an ADBC connection to the warehouse, which moves Arrow tables by binary COPY; commit is explicit."""
    import adbc_driver_postgresql.dbapi

    return adbc_driver_postgresql.dbapi.connect(dsn or settings().warehouse_dsn())


def migrate(dsn: str | None = None) -> list[str]:
    """Bring the warehouse to the newest version; return the names of the files applied now.

    Idempotence: a file runs once, in its own transaction; two callers at once wait for each other.
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
    return applied
