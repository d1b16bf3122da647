"""Warehouses that several test files of this folder begin from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.dbt.decided_town import build_town
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster


@pytest.fixture(scope="session")
def built_decided_town(
    cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("home")) as dsn:
        build_town(dsn)
        yield dsn


@pytest.fixture
def decided_town(cluster: Cluster, built_decided_town: str, tmp_path: Path) -> Iterator[str]:
    """A copy of the built town, for one test."""
    with new_warehouse(cluster, str(conninfo_to_dict(built_decided_town)["dbname"]), tmp_path) as dsn:
        yield dsn
