"""What waits for a reviewer: parties no rule could tie for certain, by their effect on published figures."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from tidu.errors import TiduError
from tidu.identity.parties import Party, is_built
from tidu.ledger.database import connect

CANDIDATES = """
create temporary table candidate (party_kind text, party_no text, candidates bigint, likeliest numeric) on commit drop
"""
"""How many enterprises each party may be. They stay in the server, as there may be very many."""
COUNTED = """
insert into pg_temp.candidate
select party_kind, party_no, count(*), max(match_probability)
from intermediate.int_identity__candidate group by party_kind, party_no
"""
QUEUE = Path(__file__).with_name("review.sql")


@dataclass(frozen=True)
class Waiting:
    """One party in the queue, with what hangs on it."""

    party_kind: str
    party_no: str
    enterprise_id: str
    name: str | None
    records: int
    questions: list[str]
    """Why a person has to look; empty where nothing is asked and the party merely has no counterpart."""
    stale_decision_id: int | None
    candidates: int
    likeliest: Decimal | None
    money_yuan: Decimal
    heads: int
    counts: int
    share: Decimal
    """The largest part of any published figure's total that hangs on this party: what the queue is ordered by."""

    @property
    def party(self) -> Party:
        """The party itself."""
        return Party(self.party_kind, self.party_no)


def waiting(limit: int = 50, *, everything: bool = False) -> list[Waiting]:
    """Return the queue, the largest effect first; `everything` adds parties that nothing asks about.

    Also those whose decision, or a decided value of whose enterprise, became stale. Reads what the last build left, so
    it costs the builds nothing. Raises TiduError before the first build.
    """
    with connect() as connection:
        if not is_built(connection):
            raise TiduError("no links are built yet; run `make run` first")
        connection.execute(CANDIDATES)
        if _has_candidates(connection):
            connection.execute(COUNTED)
        parameters = {"everything": everything, "limit": limit}
        with connection.cursor(row_factory=class_row(Waiting)) as cursor:
            return cursor.execute(QUEUE.read_bytes(), parameters).fetchall()


def candidates(connection: psycopg.Connection, party: Party) -> list[dict[str, Any]]:
    """Return what probabilistic linkage found for one party, likeliest first; none where it never ran."""
    if not _has_candidates(connection):
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select party_kind, party_no, enterprise_id, match_probability::float8 as match_probability,"
            " margin::float8 as margin, why from intermediate.int_identity__candidate"
            " where party_kind = %s and party_no = %s order by match_probability desc, enterprise_id",
            [party.kind, party.no],
        ).fetchall()


def _has_candidates(connection: psycopg.Connection) -> bool:
    there = connection.execute("select to_regclass('intermediate.int_identity__candidate') is not null").fetchone()
    return bool(there and there[0])
