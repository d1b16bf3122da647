"""Brings a home to one state: every delivery of a world up to a date, over every transport.

Idempotent and incremental: what is served already stays, what lies after the date or left the world goes, another
world replaces everything. A publication that was killed is finished by the next one, whatever that one publishes.
When tax batches are added to earlier ones, the newest earlier batch of each dataset in REWRITTEN_LATER is written
again with the same content and a later completed_at, once, as real front databases do.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from simulators.carriers import CARRIERS
from simulators.deliveries import Delivery, deliveries, read
from simulators.errors import SimulatorError
from simulators.front_database import FrontDatabase, OpenKind, opened, reader_of
from simulators.home import Entry, Home, Served

REWRITTEN_LATER = ("tx_payment", "tx_vat_return")


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


@dataclass(frozen=True)
class Plan:
    """What a publication keeps and what it prepares."""

    kept: dict[str, Entry] = field(default_factory=dict)
    pending: list[tuple[Delivery, Entry]] = field(default_factory=list)
    """With the entry each will have, rows not counted yet."""

    @property
    def certain(self) -> dict[str, Entry]:
        """Entries that hold even if the publication is killed: the pending ones are open, with no content known."""
        unsure = {d.name: replace(entry, stamp="", open=True) for d, entry in self.pending}
        return {**self.kept, **unsure}


def publish(home: Home, world: Path, as_of: date, tax_dsn: str | None, wishes: Wishes = PLAIN) -> Published:
    """Serve `world` up to `as_of`. Without `tax_dsn` the tax department is left out.

    Raises WorldError for an unreadable world and SimulatorError for a wish that cannot be met. Two publications into
    one home wait for each other.
    """
    home.prepare()
    world = world.resolve()
    with home.lock(), ExitStack() as stack:
        before = home.served()
        known = before.entries if before and before.world == world else {}
        wanted = [d for d in deliveries(world, as_of) if tax_dsn or d.contract.transport != "sql"]
        _refuse_impossible(wishes, wanted)
        front = stack.enter_context(opened(tax_dsn)) if tax_dsn else None
        if front and tax_dsn:
            front.grant(reader_of(tax_dsn), home.credentials().sql_password)
        plan = _plan(home, front, wanted, known, wishes)
        home.record_served(Served(world, as_of, plan.certain))
        _sweep(home, front, wanted, anew=not known)
        entries = plan.kept | _prepare(home, front, plan.pending, wishes)
        home.record_served(Served(world, as_of, {d.name: entries[d.name] for d in wanted}))
    gone = set(before.entries if before else ()) - (set(entries) if known else set())
    return Published(len(entries), sum(e.rows for e in entries.values()), len(plan.pending), len(gone))


def _plan(
    home: Home, front: FrontDatabase | None, wanted: list[Delivery], known: Mapping[str, Entry], wishes: Wishes
) -> Plan:
    listed = front.batches() if front else set()
    again = wishes.rewrite | (_rewritten_later(wanted, known) if wishes.rewrite_later else set())
    plan = Plan()
    for delivery in wanted:
        old = known.get(delivery.name)
        left_open = delivery.name in wishes.leave_open
        if old is None:
            plan.pending.append((delivery, Entry(delivery.stamp, 0, left_open)))
        elif old.stamp and (old.stamp != delivery.stamp or delivery.name in again):
            plan.pending.append((delivery, Entry(delivery.stamp, 0, left_open, old.rewrites + 1)))
        elif old.stamp != delivery.stamp or old.open != left_open or not _is_there(home, delivery, listed):
            plan.pending.append((delivery, Entry(delivery.stamp, 0, left_open, old.rewrites)))
        else:
            plan.kept[delivery.name] = old
    return plan


def _prepare(
    home: Home, front: FrontDatabase | None, pending: list[tuple[Delivery, Entry]], wishes: Wishes
) -> dict[str, Entry]:
    """Prepare what is pending; the database works beside the files."""

    def settle(delivery: Delivery, entry: Entry) -> Entry:
        rows = read(delivery)
        entry = replace(entry, rows=rows.frame.height)
        if front and delivery.contract.transport == "sql":
            front.load(delivery, rows, entry.rewrites, wishes.leave_open.get(delivery.name))
        else:
            CARRIERS[delivery.contract.transport].prepare(home, delivery, rows, entry)
        return entry

    by_sql = [(d, entry) for d, entry in pending if d.contract.transport == "sql"]
    by_others = [(d, entry) for d, entry in pending if d.contract.transport != "sql"]
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(lambda: {d.name: settle(d, entry) for d, entry in by_sql})
        entries = {d.name: settle(d, entry) for d, entry in by_others}
        return entries | loading.result()


def _rewritten_later(wanted: list[Delivery], known: Mapping[str, Entry]) -> set[str]:
    """Name the batches served before whose department now writes them again."""
    chosen: set[str] = set()
    for dataset in REWRITTEN_LATER:
        names = [d.name for d in wanted if d.dataset == dataset]
        served = [name for name in names if name in known and not known[name].open]
        if served and len(served) < len(names) and known[served[-1]].rewrites == 0:
            chosen.add(served[-1])
    return chosen


def _is_there(home: Home, delivery: Delivery, listed: set[tuple[str, date]]) -> bool:
    if delivery.contract.transport == "sql":
        return (delivery.dataset, delivery.delivered_on) in listed
    files = CARRIERS[delivery.contract.transport].files(home, delivery)
    return all(path.exists() for path in files[:1])


def _sweep(home: Home, front: FrontDatabase | None, wanted: list[Delivery], *, anew: bool) -> None:
    """Take away whatever is no delivery of the new state, a killed publication's remains included."""
    ours = {
        path for d in wanted if d.contract.transport != "sql" for path in CARRIERS[d.contract.transport].files(home, d)
    }
    for folder in home.file_folders():
        for path in folder.iterdir():
            if path not in ours and path.is_file():
                path.unlink()
    if front and anew:
        front.reset()
    elif front:
        for dataset, batch_date in front.batches() - {(d.dataset, d.delivered_on) for d in wanted}:
            front.withdraw(dataset, batch_date)


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
