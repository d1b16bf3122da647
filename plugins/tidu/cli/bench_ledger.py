"""The measurement behind `tidu bench ledger`: the proof of the ledger beside a plain scan of the same raw rows.

The rows are made by the database, settled by the validation room itself in passes of a million, and lie in a cluster of
their own. The plain scan is one statement over raw.tx_payment that counts the values of every column, so that it
reads all of every row and does nothing else. Both run by turns, on the same server, with the same settings.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

from tidu.contracts import contract
from tidu.ledger.database import connect, migrate
from tidu.ledger.proof import Difference, prove
from tidu.stack import postgres
from tidu.validation import validate

DATASET = "tx_payment"
ROWS_PER_DELIVERY = 250_000
DELIVERIES_PER_PASS = 4
OUTCOME_SHARE = 100
"""Every hundredth row comes again as a duplicate, every hundredth breaks a rule."""
FILL = """
insert into raw.tx_payment (delivery_id, row_no, {columns})
select %(delivery)s, n, {values} from generate_series(1, %(rows)s) as n
"""


@dataclass
class Measured:
    """Seconds of each repetition, and what the proof said."""

    rows: int
    settling: float
    scans: list[float] = field(default_factory=list)
    proofs: list[float] = field(default_factory=list)
    differences: int = 0
    tampered: list[Difference] = field(default_factory=list)
    """What the proof finds when one accepted row is taken away."""

    @property
    def ratio(self) -> float:
        """Proof over plain scan, medians."""
        return statistics.median(self.proofs) / statistics.median(self.scans)


def measure(folder: Path, rows: int, repetitions: int, say: Callable[[str], None]) -> Measured:
    """Fill a fresh warehouse below `folder` with settled rows, measure, and remove it."""
    shutil.rmtree(folder, ignore_errors=True)
    cluster = postgres.start(folder / "postgres", postgres.free_port(), postgres.LOCAL_OPTIONS)
    try:
        with _warehouse(cluster.dsn("postgres")):
            return _measured(rows, repetitions, say)
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _warehouse(dsn: str) -> Iterator[None]:
    """Let everything work on this warehouse meanwhile."""
    before = os.environ.get("TIDU_DSN")
    os.environ["TIDU_DSN"] = dsn
    try:
        migrate()
        yield
    finally:
        os.environ.pop("TIDU_DSN")
        if before is not None:
            os.environ["TIDU_DSN"] = before


def _measured(rows: int, repetitions: int, say: Callable[[str], None]) -> Measured:
    began = time.perf_counter()
    for number, first in enumerate(range(0, rows, ROWS_PER_DELIVERY), start=1):
        _deliver(number, min(ROWS_PER_DELIVERY, rows - first))
        if number % DELIVERIES_PER_PASS == 0 or first + ROWS_PER_DELIVERY >= rows:
            validate(DATASET, "bench", suite=False)
            say(f"{min(first + ROWS_PER_DELIVERY, rows):,} rows settled")
    found = Measured(rows, time.perf_counter() - began)
    with connect(autocommit=True) as connection:
        connection.execute("vacuum analyze")
        for _ in range(repetitions):
            found.scans.append(_seconds(lambda: connection.execute(scan_sql())))
            found.proofs.append(_seconds(lambda: found.tampered.extend(prove())))
        found.differences = len(found.tampered)
        connection.execute(
            "delete from ops.accepted_row_tx_payment where (delivery_id, row_no) in"
            " (select delivery_id, row_no from ops.accepted_row_tx_payment limit 1)"
        )
        found.tampered = prove()
    return found


def scan_sql() -> sql.Composed:
    """Return the plain scan: the number of rows, and of values in every column."""
    columns = ["delivery_id", "row_no", *contract(DATASET).field_names, "_extra"]
    counts = sql.SQL(", ").join(sql.SQL("count({})").format(sql.Identifier(c)) for c in columns)
    return sql.SQL("select count(*), {} from raw.{}").format(counts, sql.Identifier(DATASET))


def _deliver(number: int, rows: int) -> None:
    """Enter one loaded delivery of payments: vouchers of their own, some rows twice, some broken."""
    values = {
        "voucher_no": f"{number} || '-' || (n - (n %% {OUTCOME_SHARE} = 0)::int)",
        "version": "'1'",
        "taxpayer_no": f"'37020' || lpad(((n - (n %% {OUTCOME_SHARE} = 0)::int) * 7919 %% 1000000)::text, 10, '0')",
        "tax_kind": None,
        "amount_yuan": f"case when n %% {OUTCOME_SHARE} = 50 then '约100' else '1234.56' end",
    }
    names, filled = [], []
    for f in contract(DATASET).fields:
        given = values.get(f.name)
        if given is None:
            given = _plain_value(f.type, f.values)
        names.append(sql.Identifier(f.name))
        filled.append(sql.SQL(given))  # constants of this module
    with connect() as connection:
        (delivery,) = connection.execute(
            "insert into ops.delivery (dataset, delivered_on, transport, source_uri, sha256, bytes, rows_delivered,"
            " state, contract_version, landed_uri) values (%s, date '2025-12-31' + %s::int, 'bench', %s, %s, 1, %s,"
            " 'loaded', '1', '') returning delivery_id",
            [DATASET, number, f"bench:{number}", str(number), rows],
        ).fetchone() or (0,)
        fill = sql.SQL(FILL).format(columns=sql.SQL(", ").join(names), values=sql.SQL(", ").join(filled))
        connection.execute(fill, {"delivery": delivery, "rows": rows})


def _plain_value(kind: str, values: tuple[str, ...]) -> str:
    if values:
        return f"'{values[0]}'"
    known = {"month": "'2025-06'", "date": "'2025-06-15'", "timestamp": "'2025-06-15T08:00:00+08:00'", "decimal": "'1'"}
    return known.get(kind, "'甲' || (n %% 1000)")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
