"""Fixtures shared by all tests: one real PostgreSQL per test session, one fresh warehouse per test."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings

from tests.warehouses import new_warehouse
from tidu.stack import postgres

# how long an example takes says how busy the machine is
hypothesis_settings.register_profile("tidu", deadline=None)
hypothesis_settings.load_profile("tidu")


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL of this test session's own, without durability, stopped at the end.

    Not below pytest's own folder: every pytest that starts closes that to the account the server runs as.
    """
    with tempfile.TemporaryDirectory(prefix="tidu-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        yield postgres.start(data, postgres.free_port(), {"fsync": "off", "full_page_writes": "off"})
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
def warehouse(cluster: postgres.Cluster, warehouse_template: str, tmp_path: Path) -> Iterator[str]:
    """DSN of a fresh migrated warehouse; TIDU_DSN and TIDU_HOME point at it for the test."""
    with new_warehouse(cluster, warehouse_template, tmp_path) as dsn:
        yield dsn
