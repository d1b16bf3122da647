"""Correction tickets: what a department is asked to put right, as a function of the ledger and the master.

Three origins: rows in quarantine, drift of deliveries, records that say something else than the register. Tickets of
the first two are derived anew from all records each time and bear the dates of deliveries, so they do not depend on
when or how often this runs; a disagreement is opened and closed on the business date of the master that shows it.
Reviewers' decisions and re-deliveries are followed the same way: whatever is not derived any more is closed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import psycopg

from tidu.contracts import contracts
from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.ticket_places import place
from tidu.ledger.ticket_sources import DISAGREEMENT, DRIFT, QUARANTINE, REDELIVERED, held_value_sql

LOCK = 7_411_005
DISAGREEMENTS = "intermediate.int_enterprise__disagreement"

FOUND = """
create temporary table found_ticket (
    dataset text not null, source_key text not null, subject text not null, attribute text, theirs text, ours text,
    evidence jsonb not null, origin_id bigint not null, opened_on date not null, closed_on date,
    closed_by_delivery_id bigint
) on commit drop
"""
REOPEN_OR_CLOSE = """
update ops.correction_ticket as t set
    theirs = f.theirs, ours = coalesce(f.ours, t.ours), evidence = f.evidence, opened_on = f.opened_on,
    source_key = f.source_key, closed_on = f.closed_on, closed_by_delivery_id = f.closed_by_delivery_id,
    state = case when f.closed_on is null then 'open' else 'closed' end,
    resolution = case when f.closed_on is not null then 'redelivered' end,
    closed_in_return = case when f.closed_on is not null then t.closed_in_return end
from pg_temp.found_ticket as f
where t.origin = %(origin)s and t.dataset = f.dataset and t.subject = f.subject and t.origin_id = f.origin_id
    and t.attribute is not distinct from f.attribute
    and (t.theirs, t.ours, t.evidence, t.opened_on, t.source_key, t.closed_on, t.closed_by_delivery_id)
        is distinct from (f.theirs, coalesce(f.ours, t.ours), f.evidence, f.opened_on, f.source_key, f.closed_on,
            f.closed_by_delivery_id)
"""
OPEN = """
insert into ops.correction_ticket (department, dataset, source_key, subject, attribute, theirs, ours, evidence, origin,
    origin_id, opened_on, due_on, closed_on, closed_by_delivery_id, state, resolution)
select c.department, f.dataset, f.source_key, f.subject, f.attribute, f.theirs, f.ours, f.evidence, %(origin)s,
    f.origin_id, f.opened_on, f.opened_on + c.correction_days, f.closed_on, f.closed_by_delivery_id,
    case when f.closed_on is null then 'open' else 'closed' end,
    case when f.closed_on is not null then 'redelivered' end
from pg_temp.found_ticket as f
join ops.contract_dataset as c using (dataset)
where not exists (
    select from ops.correction_ticket as t
    where t.origin = %(origin)s and t.dataset = f.dataset and md5(t.subject) = md5(f.subject)
        and coalesce(t.attribute, '') = coalesce(f.attribute, '') and t.origin_id = f.origin_id)
order by f.opened_on, f.dataset, f.origin_id, f.attribute, f.subject
"""
CLOSE_THE_REST = """
update ops.correction_ticket as t
set state = 'closed', closed_on = greatest(%(as_of)s, t.opened_on), resolution = %(resolution)s
where t.origin = %(origin)s and t.state = 'open' and not exists (
    select from pg_temp.found_ticket as f
    where f.dataset = t.dataset and f.subject = t.subject and f.origin_id = t.origin_id
        and f.attribute is not distinct from t.attribute)
"""


@dataclass(frozen=True)
class Change:
    """How many tickets one refresh opened, changed (closed or opened again) and closed as settled otherwise."""

    looked_at: int
    """Tickets that the records give, open and closed."""
    opened: int
    changed: int
    settled: int


@acting_as(Role.CORRECT)
def refresh(as_of: dt.date) -> Change:
    """Bring ops.correction_ticket up to the ledger and the master, as of a business date; one transaction.

    Notes at quarantined rows which later delivery brought their key well, where settlement could not know it.
    Idempotence: a second call on the same records and date changes nothing. Cost grows with the quarantined rows.
    Raises TiduError for a date before the one that was maintained last.
    """
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [LOCK])
        _move_to(connection, as_of)
        connection.execute(REDELIVERED)
        parts = [
            _merge(connection, "quarantine", QUARANTINE, as_of, "decided"),
            _merge(connection, "drift", DRIFT, as_of, "decided"),
        ]
        # before the first build of the master nobody can disagree with it
        if connection.execute("select to_regclass(%s) is not null", [DISAGREEMENTS]).fetchone() == (True,):
            parts.append(_merge(connection, "disagreement", DISAGREEMENT, as_of, "agreed"))
        place(connection)
    return Change(*(sum(getattr(part, name) for part in parts) for name in Change.__annotations__))


def _move_to(connection: psycopg.Connection, as_of: dt.date) -> None:
    row = connection.execute("select as_of from ops.business_date").fetchone()
    if row and row[0] > as_of:
        raise TiduError(f"the warehouse was maintained for {row[0]}; it does not go back to {as_of}")
    connection.execute(
        "insert into ops.business_date as b (as_of) values (%s)"
        " on conflict (only_row) do update set as_of = excluded.as_of where b.as_of <> excluded.as_of",
        [as_of],
    )


def _merge(connection: psycopg.Connection, origin: str, found: str, as_of: dt.date, otherwise: str) -> Change:
    """Make the tickets of one origin those that `found` derives."""
    values = {"origin": origin, "as_of": as_of, "resolution": otherwise}
    connection.execute(FOUND)
    looked_at = connection.execute(found, values).rowcount
    connection.execute("analyze pg_temp.found_ticket")
    changed = connection.execute(REOPEN_OR_CLOSE, values).rowcount
    settled = connection.execute(CLOSE_THE_REST, values).rowcount
    last = connection.execute("select coalesce(max(ticket_id), 0) from ops.correction_ticket").fetchone()
    opened = connection.execute(OPEN, values).rowcount
    connection.execute("drop table pg_temp.found_ticket")
    if origin == "quarantine" and opened:
        _add_held_values(connection, last[0] if last else 0)
    return Change(looked_at, opened, changed, settled)


def _add_held_values(connection: psycopg.Connection, after: int) -> None:
    """Put into new tickets what the warehouse held of the record when the faulty row came, if it held one."""
    datasets = connection.execute(
        "select distinct dataset from ops.correction_ticket where ticket_id > %s and attribute is not null", [after]
    ).fetchall()
    for (dataset,) in datasets:
        connection.execute(held_value_sql(contracts()[dataset]).encode(), {"after": after})
