"""Fixtures shared by all tests: one real PostgreSQL per test session, one fresh warehouse per test."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from tidu.stack import postgres

_numbers = itertools.count()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    """A PostgreSQL of this test session's own, without durability, stopped at the end."""
    data = tmp_path_factory.mktemp("postgres") / "data"
    started = postgres.start(data, postgres.free_port(), {"fsync": "off", "full_page_writes": "off"})
    yield started
    postgres.stop(data)


@pytest.fixture(scope="session")
def warehouse_template(cluster: postgres.Cluster) -> str:
    """Name of a migrated, empty warehouse that tests copy."""
    from tidu.ledger.database import migrate

    name = f"template_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    migrate(cluster.dsn(name))
    return name


@pytest.fixture
def warehouse(
    cluster: postgres.Cluster, warehouse_template: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """DSN of a fresh migrated warehouse; TIDU_DSN and TIDU_HOME point at it for the test."""
    name = f"test_{next(_numbers)}_{uuid.uuid4().hex[:6]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {warehouse_template}")
    monkeypatch.setenv("TIDU_DSN", cluster.dsn(name))
    monkeypatch.setenv("TIDU_HOME", str(tmp_path))
    yield cluster.dsn(name)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")
