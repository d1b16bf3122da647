"""One small assessed warehouse for all tests of this folder; it is only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving.reported_town import build_town
from tests.warehouses import new_warehouse
from tidu.stack.postgres import Cluster


@pytest.fixture(scope="package")
def town(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """DSN of a warehouse with the five enterprises, assessed."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("reported")) as dsn:
        build_town(dsn)
        yield dsn
