"""What moved the rows of a dataset, in the order in which it happened: passes of validation, and decisions of people.

Read from ops.delivery (which pass settled what) and ops.decision (who decided what after which pass). Decisions made
in one transaction by one person for one reason are one happening.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

import psycopg

Kind = Literal["pass", "waive", "repair", "discard", "replay", "lapse", "withdraw"]
TOLD_BY: dict[str, Kind] = {
    "rules": "waive",
    "corrections": "repair",
    "discard": "discard",
    "replay": "replay",
    "withdraw": "withdraw",
}
"""What the detail of a decision holds by kind of decision; accepting a held snapshot shows in its pass alone."""


@dataclass(frozen=True)
class Happening:
    """One pass, or one transaction of decisions."""

    kind: Kind
    after_pass: int
    """Number of the pass, or of the pass before the decision."""
    ids: list[int]
    """delivery_ids of a pass or a withdrawal, else quarantine_ids."""
    by: str = ""
    reason: str = ""
    at: dt.datetime | None = None
    details: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By id: what ops.decision tells of it."""
    expires_on: dt.date | None = None


def happenings(connection: psycopg.Connection, dataset: str) -> list[Happening]:
    """Return everything that moved rows of a dataset, in order."""
    rows = connection.execute(
        "select settled_pass, array_agg(delivery_id order by delivered_on, delivery_id) from ops.delivery"
        " where dataset = %s and settled_pass is not null group by settled_pass",
        [dataset],
    ).fetchall()
    found = [Happening("pass", number, ids) for number, ids in rows]
    found += _decisions(connection, dataset)
    # a decision follows the pass of its number; among decisions the time tells, for they wait for each other
    return sorted(found, key=lambda h: (h.after_pass, h.kind != "pass", h.at.timestamp() if h.at else 0.0))


def _decisions(connection: psycopg.Connection, dataset: str) -> list[Happening]:
    rows = connection.execute(
        """
        select coalesce((c.detail ->> 'after_pass')::bigint, (
                select max(d.settled_pass) from ops.delivery as d join ops.validation_run as v using (delivery_id)
                where d.dataset = %(dataset)s and v.finished_at <= c.decided_at), 0) as after_pass,
            c.decided_at, c.decided_by, coalesce(c.reason, ''), c.expires_on, split_part(c.subject, ':', 2)::bigint,
            c.detail
        from ops.decision as c
        where c.detail ->> 'dataset' = %(dataset)s and c.kind in ('waiver', 'override', 'exception')
        order by 1, c.decided_at, c.decision_id
        """,
        {"dataset": dataset},
    ).fetchall()
    told = [(_kind(row[6]), *row) for row in rows]
    found = [
        Happening(kind, after, [r[6] for r in same], by, reason, at, {r[6]: r[7] for r in same}, until)
        for (kind, after, at, by, reason, until), group in groupby(
            (r for r in told if r[0] is not None), key=lambda r: (r[0], *r[1:6])
        )
        for same in [list(group)]
    ]
    ended = [(row[5], row[6]["ended"]) for row in rows if "ended" in row[6]]
    return found + [
        Happening("lapse", end["after_pass"], [number], end["by"], end["reason"], dt.datetime.fromisoformat(end["at"]))
        for number, end in ended
    ]


def _kind(detail: dict[str, Any]) -> Kind | None:
    return next((kind for key, kind in TOLD_BY.items() if key in detail), None)
