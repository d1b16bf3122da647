"""A small world of nasty cells, one dataset per department, and an empty front database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.simulators.nasty import DATASETS, DATES, nasty_rows, write_csv
from tidu.contracts.catalogue import contract
from tidu.stack.postgres import Cluster


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """One dataset of each department, two deliveries each."""
    folder = tmp_path / "world"
    for dataset in DATASETS:
        for day in DATES:
            write_csv(folder / dataset / f"{day}.csv", list(contract(dataset).field_names), nasty_rows(dataset, 40))
    write_csv(folder / "truth" / "faults.csv", ["dataset", "delivered_on", "row_no", "rule"], [])
    (folder / "world.yaml").write_text('city: "370200"\nstart: 2025-07-01\nend: 2025-08-31\n', encoding="utf-8")
    return folder


@pytest.fixture
def front(cluster: Cluster) -> Iterator[str]:
    """DSN of the owner of an empty front database, no superuser; dropped at the end with its accounts."""
    name = f"tax_front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create role {name} login createrole password 'owner'")
        admin.execute(f"create database {name} owner {name}")
    yield f"postgresql://{name}:owner@127.0.0.1:{cluster.port}/{name}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")
        admin.execute(f"drop role if exists {name}_reader")
        admin.execute(f"drop role {name}")
