"""Parquet as our own connectors write it from REST and SQL: text columns, batch_seq for the position."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tidu.contracts.model import DatasetContract
from tidu.errors import DeliveryRejected
from tidu.landing.shaping import Sheet

SEQUENCE = "batch_seq"
OF_THE_BATCH = (SEQUENCE, "batch_date")


def read_parquet(contract: DatasetContract, source: str, data: bytes) -> Sheet:
    """Read one batch, ordered by batch_seq, which becomes row_no.

    Raises DeliveryRejected for text that is not UTF-8, and when batch_seq is not a different whole number above 0 in
    every row.
    """
    table = pq.read_table(io.BytesIO(data))
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as error:
        # a database without an encoding of its own hands on whatever bytes it was given
        raise DeliveryRejected(contract.name, source, f"wrong encoding: {error}", contract.contact) from error
    headings = [name for name in table.column_names if name not in OF_THE_BATCH]
    if table.num_rows == 0:
        # An empty batch over REST has no rows and so no names: nothing can be missing from it.
        headings = headings or list(contract.field_names)
        return Sheet(headings, [pa.nulls(0, pa.string()) for _ in headings])
    positions = _positions(table)
    if positions is None:
        reason = f"{SEQUENCE} must be a different whole number from 1 in every row"
        raise DeliveryRejected(contract.name, source, reason, contract.contact)
    order = pc.sort_indices(positions)
    if not pc.all(pc.equal(order, pa.array(range(len(order)), order.type))).as_py():
        table, positions = table.take(order), positions.take(order)
    if contract.transport == "sql":
        # A table keeps the columns of every batch it ever held; null in all rows is how a batch lacks one.
        headings = [name for name in headings if table[name].null_count < table.num_rows]
    return Sheet(headings, [table[name] for name in headings], positions=positions, hollow_extras=False)


def _positions(table: pa.Table) -> Any:
    if SEQUENCE not in table.column_names:
        return None
    try:
        positions = table[SEQUENCE].cast(pa.int32()).combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    distinct = len(pc.unique(positions)) == len(positions)
    return positions if distinct and not positions.null_count and pc.min(positions).as_py() >= 1 else None
