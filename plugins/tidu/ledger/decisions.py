"""Decisions of people as rows of ops.decision: who, why, about what, on which evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tidu.ledger.quarantine import Held

Kind = Literal["override", "waiver", "exception"]


@dataclass(frozen=True)
class Decision:
    """One row of ops.decision."""

    decision_id: int
    kind: str
    state: str
    decided_by: str
    decided_at: dt.datetime
    reason: str | None
    expires_on: dt.date | None

    def line(self) -> str:
        """Say the decision in one line."""
        until = f", until {self.expires_on}" if self.expires_on else ""
        return (
            f"decision {self.decision_id} ({self.kind}, {self.state}{until}) by {self.decided_by},"
            f" {self.decided_at:%Y-%m-%d %H:%M}: {self.reason}"
        )


def decisions_about(connection: psycopg.Connection, subject: str) -> list[Decision]:
    """Return the decisions about a subject such as `quarantine:12`, oldest first."""
    with connection.cursor(row_factory=class_row(Decision)) as cursor:
        cursor.execute(
            "select decision_id, kind, state, decided_by, decided_at, reason, expires_on from ops.decision"
            " where subject = %s order by decision_id",
            [subject],
        )
        return cursor.fetchall()


def record_decisions(
    connection: psycopg.Connection,
    kind: Kind,
    rows: Sequence[Held],
    *,
    by: str,
    reason: str,
    details: Sequence[Mapping[str, Any]],
    expires_on: dt.date | None = None,
) -> None:
    """Record one decision per quarantined row; the evidence is its payload and the rules it broke.

    Earlier decisions about the row become stale. The newest pass of the dataset is noted (`after_pass`): a rebuild
    takes passes and decisions in the order in which they were.
    """
    subjects = [f"quarantine:{row.quarantine_id}" for row in rows]
    connection.execute(
        "update ops.decision set state = 'stale' where subject = any(%s) and state = 'active'", [subjects]
    )
    connection.execute(
        """
        with pass as materialized (select dataset, max(settled_pass) as newest from ops.delivery group by dataset)
        insert into ops.decision (kind, subject, evidence_sha256, decided_by, reason, expires_on, detail)
        select %s, 'quarantine:' || q.quarantine_id,
            encode(sha256(convert_to(q.payload::text || q.rules::text, 'UTF8')), 'hex'), %s, %s, %s,
            d.detail || jsonb_build_object('after_pass', p.newest)
        from unnest(%s::bigint[], %s::jsonb[]) as d (quarantine_id, detail)
        join ops.quarantine as q using (quarantine_id)
        join pass as p using (dataset)
        order by q.quarantine_id
        """,
        [kind, by, reason, expires_on, [r.quarantine_id for r in rows], [Jsonb(dict(d)) for d in details]],
    )


def retire_decisions(
    connection: psycopg.Connection, kind: Kind, quarantine_ids: Sequence[int], *, by: str, reason: str
) -> None:
    """Mark the active decisions of a kind about these rows as stale, and note by whom and when they ended."""
    connection.execute(
        """
        with pass as materialized (select dataset, max(settled_pass) as newest from ops.delivery group by dataset)
        update ops.decision as c set state = 'stale', detail = c.detail || jsonb_build_object('ended',
            jsonb_build_object('at', now(), 'by', %s::text, 'reason', %s::text, 'after_pass', p.newest))
        from pass as p
        where p.dataset = c.detail ->> 'dataset' and c.kind = %s and c.state = 'active' and c.subject = any(%s)
        """,
        [by, reason, kind, [f"quarantine:{number}" for number in quarantine_ids]],
    )


def record_delivery_decision(
    connection: psycopg.Connection, delivery_id: int, by: str, reason: str, detail: Mapping[str, Any]
) -> None:
    """Record a decision about a whole delivery; the evidence is the hash of its file and its state before."""
    connection.execute(
        """
        insert into ops.decision (kind, subject, evidence_sha256, decided_by, reason, detail)
        select 'exception', 'delivery:' || delivery_id,
            encode(sha256(convert_to(sha256 || ' ' || state || ' ' || coalesce(hold_reason, ''), 'UTF8')), 'hex'),
            %s, %s, %s || jsonb_build_object('after_pass', (
                select max(p.settled_pass) from ops.delivery as p where p.dataset = d.dataset))
        from ops.delivery as d where delivery_id = %s
        """,
        [by, reason, Jsonb(dict(detail)), delivery_id],
    )
