"""Brings a home to one state: every delivery of a world up to a date, over every transport.

Idempotent and incremental: what is served already stays, what lies after the date or left the world goes, another
world replaces everything. When tax batches are added to earlier ones, the newest earlier batch of each dataset in
REWRITTEN_LATER is written again with the same content and a later completed_at, once, as real front databases do.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Protocol

from simulators.deliveries import Delivery, Rows, deliveries, read
from simulators.errors import SimulatorError
from simulators.front_database import FrontDatabase, OpenKind, opened, reader_of
from simulators.home import Entry, Home, Served
from simulators.watched_folder import WatchedFolder
from simulators.xlsx_outbox import XlsxOutbox
from simulators.zip_outbox import ZipOutbox
from tidu.contracts.catalogue import contracts

REWRITTEN_LATER = ("tx_payment", "tx_vat_return")


class FileCarrier(Protocol):
    """What a transport of files does with one delivery."""

    can_stay_open: bool

    def prepare(self, home: Home, delivery: Delivery, rows: Rows, entry: Entry) -> None:
        """Put the delivery's files where the department leaves them."""

    def withdraw(self, home: Home, department: str, dataset: str, delivered_on: date) -> None:
        """Take the delivery's files away; no matter when they are not there."""

    def is_there(self, home: Home, delivery: Delivery) -> bool:
        """True when the delivery's file is in its place."""


class Listing:
    """market_supervision has no files: its server reads the world, guided by world.json."""

    can_stay_open = True

    def prepare(self, home: Home, delivery: Delivery, rows: Rows, entry: Entry) -> None:
        """Nothing to write; reading the rows has counted them."""

    def withdraw(self, home: Home, department: str, dataset: str, delivered_on: date) -> None:
        """Nothing to take away."""

    def is_there(self, home: Home, delivery: Delivery) -> bool:
        """The world is always there."""
        return True


CARRIERS: Mapping[str, FileCarrier] = {
    "rest": Listing(),
    "sftp_zip_csv": ZipOutbox(),
    "sftp_xlsx": XlsxOutbox(),
    "folder_csv": WatchedFolder(),
}


@dataclass(frozen=True)
class Wishes:
    """What a demonstration or a test asks for besides the world."""

    leave_open: Mapping[str, OpenKind]
    """Delivery names left unfinished; over SQL with a row too few (`rows`) or unlisted (`control`)."""
    rewrite: frozenset[str] = frozenset()
    """Names of tax batches to write again with a later completed_at."""
    rewrite_later: bool = True
    """Rewrite an earlier batch of REWRITTEN_LATER when newer ones arrive."""


PLAIN = Wishes(leave_open={})


@dataclass(frozen=True)
class Published:
    """What one publication did."""

    deliveries: int
    rows: int
    prepared: int
    withdrawn: int


def publish(home: Home, world: Path, as_of: date, tax_dsn: str | None, wishes: Wishes = PLAIN) -> Published:
    """Serve `world` up to `as_of`. Without `tax_dsn` the tax department is left out.

    Raises WorldError for an unreadable world and SimulatorError for a wish that cannot be met; then what was served
    before is still served.
    """
    home.prepare()
    world = world.resolve()
    before = home.served()
    known = before.entries if before and before.world == world else {}
    wanted = [d for d in deliveries(world, as_of) if tax_dsn or d.contract.transport != "sql"]
    _refuse_impossible(wishes, wanted)
    with ExitStack() as stack:
        front = stack.enter_context(opened(tax_dsn)) if tax_dsn else None
        if front and tax_dsn:
            front.grant(reader_of(tax_dsn), home.credentials().sql_password)
        gone = _withdraw(home, front, (before.entries if before else {}), {d.name for d in wanted} if known else set())
        entries = _entries(home, front, wanted, known, wishes)
    home.record_served(Served(world, as_of, entries))
    return Published(
        deliveries=len(entries),
        rows=sum(e.rows for e in entries.values()),
        prepared=sum(1 for name, entry in entries.items() if known.get(name) != entry),
        withdrawn=gone,
    )


def _entries(
    home: Home, front: FrontDatabase | None, wanted: list[Delivery], known: Mapping[str, Entry], wishes: Wishes
) -> dict[str, Entry]:
    """Prepare what is new or changed; the database works beside the files."""
    listed = front.batches() if front else set()
    later = _rewritten_later(wanted, known) if wishes.rewrite_later else set()

    def settle(delivery: Delivery) -> Entry:
        old = known.get(delivery.name)
        left_open = wishes.leave_open.get(delivery.name)
        again = delivery.name in wishes.rewrite or delivery.name in later
        unchanged = old and old.stamp == delivery.stamp and old.open == bool(left_open) and not again
        if old and unchanged and _is_there(home, delivery, listed, old):
            return old
        rows = read(delivery)
        entry = Entry(delivery.stamp, rows.frame.height, bool(left_open), old.rewrites if old else 0)
        if old and (again or old.stamp != delivery.stamp):
            entry = replace(entry, rewrites=old.rewrites + 1)
        if front and delivery.contract.transport == "sql":
            front.load(delivery, rows, entry.rewrites, left_open)
        else:
            CARRIERS[delivery.contract.transport].prepare(home, delivery, rows, entry)
        return entry

    by_sql = [d for d in wanted if d.contract.transport == "sql"]
    by_others = [d for d in wanted if d.contract.transport != "sql"]
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(lambda: {d.name: settle(d) for d in by_sql})
        entries = {d.name: settle(d) for d in by_others}
        return {**entries, **loading.result()}


def _rewritten_later(wanted: list[Delivery], known: Mapping[str, Entry]) -> set[str]:
    """Name the batches served before whose department now writes them again."""
    chosen: set[str] = set()
    for dataset in REWRITTEN_LATER:
        names = [d.name for d in wanted if d.dataset == dataset]
        served = [name for name in names if name in known and not known[name].open]
        if served and len(served) < len(names) and known[served[-1]].rewrites == 0:
            chosen.add(served[-1])
    return chosen


def _is_there(home: Home, delivery: Delivery, listed: set[tuple[str, date]], old: Entry) -> bool:
    if delivery.contract.transport == "sql":
        return old.open or (delivery.dataset, delivery.delivered_on) in listed
    return CARRIERS[delivery.contract.transport].is_there(home, delivery)


def _withdraw(home: Home, front: FrontDatabase | None, served: Mapping[str, Entry], keep: set[str]) -> int:
    """Take away what the new state does not have; return how many deliveries went."""
    gone = [name for name in served if name not in keep]
    if front and not keep:
        front.reset()
    for name in gone:
        dataset, _, day = name.partition(":")
        contract = contracts()[dataset]
        if contract.transport != "sql":
            CARRIERS[contract.transport].withdraw(home, contract.department, dataset, date.fromisoformat(day))
        elif front and keep:
            front.withdraw(dataset, date.fromisoformat(day))
    return len(gone)


def _refuse_impossible(wishes: Wishes, wanted: list[Delivery]) -> None:
    by_name = {d.name: d for d in wanted}
    for name in (*wishes.leave_open, *wishes.rewrite):
        if name not in by_name:
            raise SimulatorError(f"the world has no delivery {name} up to that date")
    for name in wishes.leave_open:
        transport = by_name[name].contract.transport
        if transport != "sql" and not CARRIERS[transport].can_stay_open:
            raise SimulatorError(f"{name}: a file of {transport} is complete once it is there")
    for name in wishes.rewrite:
        if by_name[name].contract.transport != "sql":
            raise SimulatorError(f"{name}: only batches of the front database are rewritten")
