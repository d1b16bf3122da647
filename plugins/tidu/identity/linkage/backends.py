"""Where Splink's SQL is run: DuckDB within this process (the default), or Spark. Links do not depend on it.

The settings, their weights and the shape of the tables are the same; only the dialect of the conditions differs, and
that is translated, never written twice.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tidu.errors import SettingsError
from tidu.settings import settings

BACKENDS = ("duckdb", "spark")
LEAST_JAVA = 17
EVERYWHERE = {
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
}  # fmt: skip
"""No web page, no progress bars, no metastore."""
OF_THIS_MACHINE = {
    "spark.driver.memory": "2g", "spark.sql.shuffle.partitions": "4",
    "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
}  # fmt: skip
"""For a Spark that is nothing but this process."""


@contextmanager
def opened(backend: str) -> Iterator[Any]:
    """Yield Splink's database of a backend; what it holds is gone afterwards. Raises SettingsError for others."""
    if backend not in BACKENDS:
        raise SettingsError(f"TIDU_LINKAGE_BACKEND is {backend!r}; known are {' and '.join(BACKENDS)}")
    with _duckdb() if backend == "duckdb" else _spark() as database:
        yield database


def translated(condition: str, dialect: str) -> str:
    """Return a condition, written in DuckDB's SQL, in the dialect of a backend.

    sqlglot knows the functions of both but one: it makes `list_has_any` into `&&`, which for Spark is a plain `and`.
    """
    if dialect == "duckdb" or condition == "ELSE":
        return condition
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(condition, read="duckdb").transform(
        lambda node: exp.func("arrays_overlap", node.left, node.right) if isinstance(node, exp.ArrayOverlaps) else node
    )
    return tree.sql(dialect=dialect)


@contextmanager
def _duckdb() -> Iterator[Any]:
    import duckdb
    from splink import DuckDBAPI

    with duckdb.connect() as connection:
        connection.execute("set threads = 2; set preserve_insertion_order = false")
        yield DuckDBAPI(connection)


@contextmanager
def _spark() -> Iterator[Any]:
    """Yield a Spark session's database. Where Spark is at work already, its context is used and left alone."""
    _require_spark()
    from pyspark.sql import SparkSession
    from splink import SparkAPI

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark is not sure about pandas 3, which takes no part here
        running = SparkSession.getActiveSession()
        with nullcontext(running.newSession()) if running else _session() as session:
            # Splink's own functions for Spark (a jar) are left out: the conditions need none of them
            yield SparkAPI(spark_session=session, break_lineage_method="persist", register_udfs_automatically=False)


@contextmanager
def _session() -> Iterator[Any]:
    """Start a Java of our own and yield its session; neither it nor any file of it outlives the block."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    master = settings().spark_master
    with tempfile.TemporaryDirectory(prefix="tidu-spark-") as folder:
        conf = SparkConf().setMaster(master).setAppName("tidu linkage").setAll(EVERYWHERE.items())
        conf.setAll(OF_THIS_MACHINE.items() if master.startswith("local") else [])
        for name in ("spark.local.dir", "spark.sql.warehouse.dir"):
            conf.set(name, f"{folder}/{name}")
        conf.set("spark.driver.extraJavaOptions", f"-Djava.io.tmpdir={folder} -Dderby.system.home={folder}")
        log = Path(folder) / "stderr"
        with log.open("wb") as sink:
            try:
                gateway = launch_gateway(conf, {"stdout": sink, "stderr": sink})
            except RuntimeError as error:
                said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                raise SettingsError(f"Spark does not start: {' / '.join(said[-3:]) or error}") from error
        try:
            with SparkContext(conf=conf, gateway=gateway) as context:
                yield SparkSession(context)
        finally:
            gateway.shutdown()
            gateway.proc.stdin.close()
            gateway.proc.wait()
            SparkContext._gateway = SparkContext._jvm = None


def _require_spark() -> None:
    """Raise SettingsError, saying what to do, where pyspark or its Java is missing."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise SettingsError(
            "linkage on Spark needs pyspark: `pip install -e '.[spark]'`, and Java 17"
            " (or leave TIDU_LINKAGE_BACKEND at duckdb, which finds the same)"
        ) from None
    found = java_version()
    if found < LEAST_JAVA:
        what = f"Java {found} is too old for it" if found else "no Java is found by JAVA_HOME or PATH"
        raise SettingsError(f"linkage on Spark needs Java 17 or later beside the extra `.[spark]`, and {what}")


def java_version() -> int:
    """Return the major version of the Java that Spark would start; 0: none."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if program is None:
        return 0
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(version.group(1)) if version else 0
