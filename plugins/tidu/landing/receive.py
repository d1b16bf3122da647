"""Brings what a department has complete into the landing store, and enters it in the ledger as received."""

from __future__ import annotations

import datetime as dt
import logging
import tempfile
from pathlib import Path

import psycopg

from tidu.connectors.protocol import AvailableDelivery, Connector
from tidu.contracts.model import DatasetContract
from tidu.landing import store
from tidu.ledger.database import connect
from tidu.ledger.deliveries import Received, known_sources, record_received
from tidu.ledger.locks import lock_intake
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.runs import stage

log = logging.getLogger(__name__)


@acting_as(Role.LAND)
def pull(contract: DatasetContract, connector: Connector, as_of: dt.date, run_id: str) -> list[int]:
    """Fetch every complete delivery of a dataset up to `as_of` that the ledger does not know; return their ids.

    Rows: what departments announce, where they do. Idempotence: a known source that still looks the same is not
    fetched, the same bytes from the same source are one delivery; two pulls of a dataset wait for each other, so that
    none fetches what the other is about to enter. Raises ConnectorError when the department's
    system fails; what was received before stays, and a retry goes on behind it.
    """
    received: list[int] = []
    with stage(run_id, "pull", contract.name) as report, connect(autocommit=True) as ledger:
        lock_intake(ledger, contract.name)
        store.sweep()
        known = known_sources(contract.name)
        for found in connector.available(contract):
            if found.delivered_on > as_of or (found.source_uri, found.token) in known:
                continue
            delivery_id = _receive(contract, connector, found, ledger)
            if delivery_id is not None:
                received.append(delivery_id)
                if found.rows is not None:
                    report.rows_in = report.rows_out = (report.rows_in or 0) + found.rows
        report.skipped = not received
    return received


def _receive(
    contract: DatasetContract, connector: Connector, found: AvailableDelivery, ledger: psycopg.Connection
) -> int | None:
    with tempfile.TemporaryDirectory(prefix=store.FETCHING) as folder:
        fetched = connector.fetch(contract, found, Path(folder))
        if fetched is None:
            log.info("%s waits: it is not complete yet", found.source_uri)
            return None
        landed = store.keep(contract.name, found.delivered_on, fetched.path)
    return record_received(
        Received(
            dataset=contract.name,
            delivered_on=found.delivered_on,
            transport=contract.transport,
            source_uri=found.source_uri,
            source_token=found.token,
            sha256=landed.sha256,
            bytes=landed.bytes,
            landed_uri=landed.uri,
            contract_version=contract.version,
            announced_sha256=fetched.announced_sha256,
            announced_rows=fetched.announced_rows,
        ),
        ledger,
    )
