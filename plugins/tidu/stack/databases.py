"""Where the databases are: the warehouse, Airflow's own and the tax office's front database.

By default all three live in the embedded PostgreSQL, each owned by a role of its own. With TIDU_DSN set, that
server is used instead and the other two are made beside the warehouse unless their own settings name them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tidu.errors import StackError
from tidu.ledger.database import connect, migrate
from tidu.ledger.rights import shortcomings
from tidu.settings import settings
from tidu.stack import postgres
from tidu.stack.state import State, require_locale, write_whole

LEAST_VERSION = 16
OWNERS = {"tidu": "warehouse_database", "airflow": "airflow_database", "tax_front": "tax_front_database"}
FORGETFUL = ("airflow", "tax_front")
"""What Airflow and the simulators lose with a crash is done again; what the warehouse has confirmed is on disk."""


@dataclass(frozen=True)
class Databases:
    """Connection strings as libpq URIs."""

    warehouse: str
    airflow: str
    tax_front: str
    embedded: bool
    without_roles: str | None = None
    """Why stages have no database roles of their own; None where they have."""


def start(where: State) -> Databases:
    """Start or reach PostgreSQL, make what is missing, migrate the warehouse. Safe to repeat.

    Raises StackError when the server cannot be started or reached, or is older than version 16.
    """
    chosen = settings()
    databases = external(chosen.dsn) if chosen.dsn else _embedded(where)
    require_version(databases.warehouse)
    # tasks may read it just now
    write_whole(where.run / "warehouse.dsn", databases.warehouse + "\n", 0o600)
    migrate(databases.warehouse)
    with connect(databases.warehouse) as connection:
        return replace(databases, without_roles=shortcomings(connection))


def external(dsn: str) -> Databases:
    """Use the server of TIDU_DSN; make `<warehouse>_airflow` and `<warehouse>_tax_front` there when not named."""
    chosen = settings()
    name = urlsplit(dsn).path.lstrip("/")
    if not name:
        raise StackError("TIDU_DSN must be a URI that names a database: postgresql://user:password@host:port/name")
    beside = {kind: f"{name}_{kind}" for kind in ("airflow", "tax_front")}
    given = {"airflow": chosen.airflow_dsn, "tax_front": chosen.tax_front_dsn}
    with _connect(dsn) as admin:
        for kind, database in beside.items():
            if given[kind] is None:
                _create_database(admin, database, None)
    return Databases(
        warehouse=dsn,
        airflow=given["airflow"] or with_database(dsn, beside["airflow"]),
        tax_front=given["tax_front"] or with_database(dsn, beside["tax_front"]),
        embedded=False,
    )


def with_database(dsn: str, database: str) -> str:
    """Return the same server's URI for another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def require_version(dsn: str) -> None:
    """Raise StackError unless the server is PostgreSQL 16 or newer."""
    with _connect(dsn) as connection:
        version = connection.info.server_version
    if version < LEAST_VERSION * 10_000:
        raise StackError(
            f"PostgreSQL {LEAST_VERSION} or newer is needed, the server of TIDU_DSN is {version // 10_000}"
        )


def _embedded(where: State) -> Databases:
    require_locale()
    cluster = postgres.start(where.cluster_data, where.ports()["postgres"])
    passwords = where.secrets()
    with _connect(cluster.dsn("postgres")) as admin:
        for role, secret in OWNERS.items():
            _create_role(admin, role, passwords[secret])
            _create_database(admin, role, role)
        for database in FORGETFUL:
            _let_forget(admin, database)
    dsns = {
        role: f"postgresql://{role}:{passwords[secret]}@127.0.0.1:{cluster.port}/{role}"
        for role, secret in OWNERS.items()
    }
    return Databases(warehouse=dsns["tidu"], airflow=dsns["airflow"], tax_front=dsns["tax_front"], embedded=True)


def _connect(dsn: str) -> psycopg.Connection:
    """Connect, waiting while a server that was killed replays its log."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(dsn, autocommit=True, connect_timeout=10)
        except psycopg.ProgrammingError:
            # libpq quotes the part it cannot read, which may be the password
            raise StackError("TIDU_DSN or its like is no URI that libpq can read; see .env.example") from None
        except psycopg.OperationalError as error:
            if "starting up" not in str(error) or time.monotonic() > deadline:
                raise StackError(f"PostgreSQL cannot be reached: {str(error).strip()}") from error
            time.sleep(0.2)


def _create_role(admin: psycopg.Connection, role: str, password: str) -> None:
    if not admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
        extra = sql.SQL("createrole") if role in ("tidu", "tax_front") else sql.SQL("")
        # hashed here: a statement that fails is written to the server's log as it came
        hashed = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        admin.execute(
            sql.SQL("create role {} login {} password {}").format(sql.Identifier(role), extra, sql.Literal(hashed))
        )


def _let_forget(admin: psycopg.Connection, database: str) -> None:
    """Let commits in a database return before they are on disk: a crash may undo its last moments, never a part."""
    known = "select 1 from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = %s"
    if not admin.execute(f"{known} and 'synchronous_commit=off' = any(s.setconfig)".encode(), [database]).fetchone():
        admin.execute(sql.SQL("alter database {} set synchronous_commit = off").format(sql.Identifier(database)))


def _create_database(admin: psycopg.Connection, database: str, owner: str | None) -> None:
    if not admin.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
        owned = sql.SQL(" owner {}").format(sql.Identifier(owner)) if owner else sql.SQL("")
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(database)) + owned)
