"""Takes one case the way a delivery goes: through the transport where there is one, the reader, and shaping.

Every exception but DeliveryRejected and ConnectorError is a finding, and so is a row that is not accounted for.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow.compute as pc

from tests.fuzz.cases import SUFFIXES, Case
from tests.fuzz.front_desks import Desks
from tidu.contracts import DatasetContract
from tidu.errors import ConnectorError, DeliveryRejected
from tidu.landing.load import _raw_rows
from tidu.landing.readers import read_delivery
from tidu.landing.shaping import Shaped
from tidu.ledger.deliveries import Delivery

DAY = dt.date(2025, 7, 1)
csv.field_size_limit(sys.maxsize)


class Finding(AssertionError):
    """The reader took the case, but not all of it."""


@dataclass(frozen=True)
class Taken:
    """What became of a case."""

    accepted: bool
    reason: str
    rows: int = 0
    landed: bytes = b""
    """The bytes the landing store would keep; Parquet for json and sql."""


def take(case: Case, desks: Desks) -> Taken:
    """Read one case; return what became of it. Raises Finding, or whatever the reader should not have raised."""
    try:
        landed, announced = _fetched(case, desks)
        if landed is None:
            return Taken(False, "waits")
        shaped = read(case.contract, case.name, landed, SUFFIXES[case.reader], announced)
    except (DeliveryRejected, ConnectorError) as error:
        assert str(error).startswith(case.contract.name) or isinstance(error, ConnectorError)
        return Taken(False, str(error))
    check(case, shaped)
    return Taken(True, "", shaped.table.num_rows, landed)


def read(contract: DatasetContract, source: str, data: bytes, suffix: str, announced: int | None = None) -> Shaped:
    """Read bytes as landing does."""
    digest = hashlib.sha256(data).hexdigest()
    delivery = Delivery(
        1, contract.name, DAY, contract.transport, source, digest, len(data), None, "received", contract.version,
        f"x{suffix}", None, announced, None, None, {},
    )  # fmt: skip
    return read_delivery(contract, delivery, data)


def check(case: Case, shaped: Shaped) -> None:
    """Hold what was read against an independent reading and against what PostgreSQL can store."""
    table = _raw_rows(1, shaped.table)
    positions = shaped.table["row_no"]
    rows = table.num_rows
    if len(pc.unique(positions)) != rows or (rows and pc.min(positions).as_py() < 1):
        raise Finding("row_no is not a different whole number from 1 in every row")
    for name in table.column_names:
        table[name].validate(full=True)
        if name in case.contract.field_names and pc.any(pc.match_substring(table[name], "\0")).as_py():
            raise Finding(f"NUL in {name}")
    for extra in shaped.table["_extra"].drop_null().to_pylist():
        if not isinstance(orjson.loads(extra), dict) or "\\u0000" in extra.replace("\\\\", ""):
            raise Finding(f"_extra cannot be stored: {extra[:200]}")
    if "\\u0000" in json.dumps(shaped.drift, ensure_ascii=False).replace("\\\\", ""):
        raise Finding("drift cannot be stored")
    expected = independent_rows(case)
    if expected is not None and expected != rows:
        raise Finding(f"{rows} rows were read, another reading finds {expected}")


def independent_rows(case: Case) -> int | None:
    """Count the rows of an accepted case by other means; None where the input has no other reading."""
    if case.reader in ("csv", "gb18030"):
        return _csv_rows(case.data)
    if case.reader == "zip":
        with zipfile.ZipFile(io.BytesIO(case.data)) as archive:
            return _csv_rows(archive.read(next(m for m in archive.infolist() if not m.is_dir())))
    if case.reader == "json":
        return len(json.loads(case.data)["data"]) if case.place == "page" else None
    if case.reader == "sql" and case.table is not None:
        return len(case.table.rows)
    return None


def _csv_rows(data: bytes) -> int:
    content = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    rows = csv.reader(io.StringIO(text, newline=""))
    heading = next(row for row in rows if any(cell.strip() for cell in row))
    assert heading
    return sum(1 for row in rows if row)


def _fetched(case: Case, desks: Desks) -> tuple[bytes | None, int | None]:
    if case.reader not in ("json", "sql"):
        return case.data, None
    connector: Any = desks.connector(case)
    with tempfile.TemporaryDirectory(prefix="tidu-fuzz-") as folder:
        for available in connector.available(case.contract):
            fetched = connector.fetch(case.contract, available, Path(folder))
            if fetched is not None:
                return fetched.path.read_bytes(), fetched.announced_rows
    return None, None
