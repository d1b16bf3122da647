"""Warehouses of tests: databases of a few names that come back, so that dbt has to read its project once for each name.

The name of a database stands in everything dbt makes of the project, and reading it whole takes four seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tidu.stack.postgres import Cluster

_open: list[str] = []
"""Names in use by this process, the outermost first."""


@contextmanager
def new_warehouse(cluster: Cluster, template: str, home: Path) -> Iterator[str]:
    """Copy a warehouse; TIDU_DSN and TIDU_HOME point at the copy and at `home` meanwhile. Yields its DSN."""
    name = f"warehouse_{len(_open)}"
    parsed = cluster.data.parent / "parsed" / name
    parsed.mkdir(parents=True, exist_ok=True)
    (home / "dbt").mkdir(parents=True)
    (home / "dbt" / "target").symlink_to(parsed)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template} strategy file_copy".encode())
    _open.append(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_DSN", cluster.dsn(name))
        patch.setenv("TIDU_HOME", str(home))
        yield cluster.dsn(name)
    assert _open.pop() == name, "the one taken last is given back first"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)".encode())
