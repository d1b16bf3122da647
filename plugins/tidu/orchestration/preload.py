"""Imports the heavy libraries once, in the scheduler, whose task processes are forked from it and inherit them.

Great Expectations alone takes over 2 seconds to import, and every validation would pay that again. A forked process
inherits memory but no threads, so the scheduler only imports these libraries and never uses them: their pools of
threads are made at first use, in the task. A test does real work with them in a forked process.
"""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

from airflow.listeners import hookimpl

MODULES = (
    "adbc_driver_postgresql.dbapi",
    "dbt.adapters.postgres",
    "dbt.cli.main",
    "duckdb",
    "great_expectations",
    "polars",
    "psycopg",
    "pysdmx.io.csv.sdmx20.writer",
    "pysdmx.io.json.sdmxjson2.writer.v2_0.structure",
    "pyarrow",
    "pypinyin",
    "splink",
    "tidu.identity.linkage",
    "tidu.landing",
    "tidu.ledger.returns",
    "tidu.ledger.tickets",
    "tidu.orchestration.ingest",
    "tidu.orchestration.maintenance",
    "tidu.orchestration.master",
    "tidu.orchestration.monitoring",
    "tidu.orchestration.tiers",
    "tidu.publishing",
    "tidu.transform",
    "tidu.validation",
    "xlsxwriter",
)


@hookimpl
def on_starting(component: Any) -> None:
    """Load them before the scheduler makes its worker processes; other components need none of them."""
    # the component does not know its kind yet when Airflow calls this; its command does
    if sys.argv[1:2] == ["scheduler"]:
        load()


def load() -> None:
    """Import every module of the list and read the contracts."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    for name in MODULES:
        importlib.import_module(name)
    from tidu.contracts import contracts

    contracts()
