"""Loads received deliveries into raw.<dataset>: one transaction each, Arrow through binary COPY."""

from __future__ import annotations

import logging
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tidu.contracts import contract as contract_of
from tidu.errors import DeliveryRejected
from tidu.landing import store
from tidu.landing.readers import read_delivery
from tidu.landing.shaping import Shaped
from tidu.ledger.database import connect_arrow
from tidu.ledger.deliveries import Delivery, mark_loaded, pending, reject
from tidu.ledger.locks import lock_intake
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.runs import stage

log = logging.getLogger(__name__)
JSONB_VERSION = "\x01"
"""Binary jsonb is this byte and the JSON text."""


@acting_as(Role.LAND)
def land(dataset: str, run_id: str) -> int:
    """Load every received delivery of a dataset in order; return how many were loaded.

    Grain: one raw row per delivered row. Idempotence: a delivery's rows and its state `loaded` are written in one
    transaction, so a repeated call continues where the last one ended; two calls for a dataset wait for each other, or
    two deliveries with the same rows might each take the other for the later one. A delivery that cannot be taken
    is set to `rejected` with file, reason and contact; the others go on.
    """
    contract = contract_of(dataset)
    loaded = 0
    with stage(run_id, "land", dataset) as report:
        if not pending(dataset, "received"):
            report.skipped = True
            return 0
        report.rows_in = report.rows_out = 0
        with connect_arrow() as connection:
            with connection.cursor() as cursor:
                lock_intake(cursor, dataset)
            connection.commit()
            received = pending(dataset, "received")
            report.skipped = not received
            for delivery in received:
                try:
                    shaped = read_delivery(contract, delivery, store.read(delivery.landed_uri, delivery.sha256))
                except DeliveryRejected as rejection:
                    log.warning("rejected: %s", rejection)
                    reject(delivery.delivery_id, str(rejection), rejection.drift)
                    continue
                rows = _append(connection, delivery, shaped)
                loaded += 1
                report.rows_in += rows
                report.rows_out += rows
    return loaded


def _append(connection: Any, delivery: Delivery, shaped: Shaped) -> int:
    with connection.cursor() as cursor:
        rows = shaped.table.num_rows
        if not mark_loaded(cursor, delivery.delivery_id, rows, shaped.content_sha256, shaped.drift):
            connection.rollback()
            return 0
        rows = ingest(cursor, delivery, shaped)
    connection.commit()
    return rows


def ingest(cursor: Any, delivery: Delivery, shaped: Shaped) -> int:
    """Append a delivery's rows to its raw table in the transaction of an ADBC cursor; return how many there are."""
    table = _raw_rows(delivery.delivery_id, shaped.table)
    if table.num_rows:
        cursor.adbc_ingest(delivery.dataset, table, mode="append", db_schema_name="raw")
    return int(table.num_rows)


def _raw_rows(delivery_id: int, table: pa.Table) -> pa.Table:
    """Return the columns of the raw table with its types; `_extra` in the binary form of jsonb."""
    extra = pc.binary_join_element_wise(JSONB_VERSION, table["_extra"], "")
    ids = pa.repeat(pa.scalar(delivery_id, pa.int64()), table.num_rows)
    whole = table.set_column(table.num_columns - 1, "_extra", extra)
    return whole.add_column(0, "delivery_id", ids)
