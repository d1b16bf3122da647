"""What the readers accepted goes on: landed, loaded and settled on a real PostgreSQL; then the ledger is held against raw."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import tempfile
import traceback
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from tests.fuzz.cases import SUFFIXES, case_of
from tests.fuzz.front_desks import Desks
from tests.fuzz.reading import take
from tidu.contracts import contract
from tidu.landing import land, store
from tidu.ledger.database import migrate
from tidu.ledger.deliveries import Received, record_received
from tidu.validation import validate

FIRST_DAY = dt.date(2025, 7, 1)
CHUNK = 50
"""Deliveries of a dataset that are settled in one pass."""
BALANCE = """
select d.delivery_id, d.state, d.rows_delivered, r.n as raw, l.rows_delivered as ledger,
    l.rows_accepted, a.n, l.rows_quarantined, q.n, l.rows_duplicate, s.d, l.rows_superseded, s.s
from ops.delivery as d
left join ops.row_ledger as l using (delivery_id)
left join lateral (select count(*) as n from raw.{dataset} as r where r.delivery_id = d.delivery_id) as r on true
left join lateral (
    select count(*) as n from ops.accepted_row as a where a.dataset = d.dataset and a.delivery_id = d.delivery_id) as a on true
left join lateral (
    select count(*) as n from ops.quarantine as q where q.delivery_id = d.delivery_id and q.state in ('open', 'discarded')
) as q on true
left join lateral (
    select count(*) filter (where outcome = 'duplicate') as d, count(*) filter (where outcome = 'superseded') as s
    from ops.row_set_aside as s where s.delivery_id = d.delivery_id
) as s on true
where d.dataset = %s order by d.delivery_id
"""


@dataclass
class Settled:
    """What became of the accepted cases of one reader in the warehouse."""

    reader: str
    inputs: int = 0
    rows: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    findings: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Say it in one line, findings below."""
        figures = ", ".join(f"{n:,} {name}" for name, n in sorted(self.outcomes.items()))
        first = f"{self.reader}: {self.inputs:,} accepted inputs with {self.rows:,} rows landed and settled: {figures};"
        return "\n".join([f"{first} {len(self.findings)} findings", *self.findings[:20]])


def land_and_settle(dsn: str, reader: str, seeds: list[int], *, suite: bool = False) -> Settled:
    """Take accepted cases through landing and validation in a database of their own; compare every count."""
    result = Settled(reader)
    with warehouse_at(dsn) as warehouse, tempfile.TemporaryDirectory(prefix="tidu-fuzz-home-") as home:
        os.environ.update(TIDU_DSN=warehouse, TIDU_HOME=home)
        expected = _received(dsn, reader, seeds, result)
        datasets = {dataset for dataset, _ in expected.values()}
        for dataset in sorted(datasets):
            _each(warehouse, dataset, "received", lambda name: land(name, "fuzz"), result)
            _each(warehouse, dataset, "loaded", lambda name: validate(name, "fuzz", suite=suite), result)
            _check_balance(warehouse, dataset, expected, result)
    return result


def _received(dsn: str, reader: str, seeds: list[int], result: Settled) -> dict[int, tuple[str, int]]:
    """Enter every case as a received delivery; return dataset and rows by delivery_id."""
    desks = Desks(dsn)
    found: dict[int, tuple[str, int]] = {}
    with tempfile.TemporaryDirectory(prefix="tidu-fuzz-files-") as folder:
        for seed in seeds:
            case = case_of(reader, seed)
            taken = take(case, desks)
            assert taken.accepted, case.name
            file = Path(folder) / f"{uuid.uuid4().hex}{SUFFIXES[reader]}"
            file.write_bytes(taken.landed)
            day = FIRST_DAY + dt.timedelta(days=seed % 20)
            kept = store.keep(case.contract.name, day, file)
            delivery_id = record_received(
                Received(
                    case.contract.name,
                    day,
                    case.contract.transport,
                    f"fuzz:{case.name}",
                    "",
                    kept.sha256,
                    kept.bytes,
                    kept.uri,
                    case.contract.version,
                    None,
                    None,
                )
            )
            assert delivery_id is not None
            found[delivery_id] = (case.contract.name, taken.rows)
            result.inputs += 1
            result.rows += taken.rows
    desks.close()
    return found


def _each(warehouse: str, dataset: str, state: str, work: object, result: Settled) -> None:
    """Do one stage over the dataset's deliveries, chunk by chunk; a chunk that fails is done one by one to find out."""
    assert callable(work)
    with psycopg.connect(warehouse, autocommit=True) as connection:
        ids = [r[0] for r in connection.execute(
            "update ops.delivery set state = 'rejected' where dataset = %s and state = %s returning delivery_id", [dataset, state]
        )]  # fmt: skip
        chunks = [sorted(ids)[i : i + CHUNK] for i in range(0, len(ids), CHUNK)]
        while chunks:
            chunk = chunks.pop()
            connection.execute("update ops.delivery set state = %s where delivery_id = any(%s)", [state, chunk])
            try:
                work(dataset)
            except Exception as error:  # noqa: BLE001 - every one of them is the finding
                left = [r[0] for r in connection.execute(
                    "update ops.delivery set state = 'rejected' where delivery_id = any(%s) and state = %s returning delivery_id",
                    [chunk, state],
                )]  # fmt: skip
                if len(chunk) > 1:
                    chunks += [[delivery_id] for delivery_id in left]
                    continue
                uri = connection.execute(
                    "select source_uri from ops.delivery where delivery_id = any(%s)", [chunk]
                ).fetchone()
                trace = "".join(traceback.format_exception(error)[-2:])[-800:]
                result.findings.append(
                    f"  FOUND {state} {dataset} {uri}: {type(error).__name__}: {str(error)[:300]}\n{trace}"
                )


def _check_balance(warehouse: str, dataset: str, expected: dict[int, tuple[str, int]], result: Settled) -> None:
    contract(dataset)
    with psycopg.connect(warehouse) as connection:
        query = sql.SQL(BALANCE).format(dataset=sql.Identifier(dataset))  # type: ignore[arg-type]
        rows = connection.execute(query, [dataset]).fetchall()
    assert rows, dataset
    for delivery_id, state, delivered, raw, ledger, *counts in rows:
        result.outcomes[f"deliveries {state}"] += 1
        told, found = counts[::2], counts[1::2]
        if state == "accepted" and not (
            delivered == raw == ledger == sum(told) == expected[delivery_id][1] and list(told) == list(found)
        ):
            result.findings.append(
                f"  FOUND {dataset} {delivery_id}: {delivered} {raw} {ledger} told {told} found {found}"
            )
        if state == "accepted":
            for name, n in zip(("accepted", "quarantined", "duplicate", "superseded"), told, strict=True):
                result.outcomes[f"rows {name}"] += n


@contextlib.contextmanager
def warehouse_at(dsn: str) -> Iterator[str]:
    """A migrated database of the cluster at `dsn`, dropped at the end; the environment is as before then."""
    name = f"fuzz_{uuid.uuid4().hex[:8]}"
    before = dict(os.environ)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            warehouse = psycopg.conninfo.make_conninfo(dsn, dbname=name)
            target = dsn.rpartition("/")[0] + "/" + name
            migrate(warehouse)
            yield target
        finally:
            os.environ.clear()
            os.environ.update(before)
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
