"""A server of its own for the tests of roles: roles belong to the whole server, and the login here is no superuser."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tidu.stack import postgres

MakeWarehouse = Callable[..., str]


@pytest.fixture(scope="module")
def strict_server() -> Iterator[postgres.Cluster]:
    with tempfile.TemporaryDirectory(prefix="tidu-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        yield postgres.start(data, postgres.free_port(), {"fsync": "off", "full_page_writes": "off"})
        postgres.stop(data)


@pytest.fixture(scope="module")
def empty_database(strict_server: postgres.Cluster) -> MakeWarehouse:
    """Return a function that makes an empty database of a login without special rights; it returns the DSN."""

    def make(login: str, *, createrole: bool) -> str:
        name = f"w_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(strict_server.dsn("postgres"), autocommit=True) as admin:
            if not admin.execute("select 1 from pg_roles where rolname = %s", [login]).fetchone():
                admin.execute(f"create role {login} login {'createrole' if createrole else ''} password 'word'")
            admin.execute(f"create database {name} owner {login}")
        return f"postgresql://{login}:word@127.0.0.1:{strict_server.port}/{name}"

    return make
