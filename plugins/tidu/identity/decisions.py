"""What reviewers decide about who is who: merge, split, override, and taking a decision back.

A decision is a row of ops.decision with who, when, why and the hash of its evidence: every spelling of its parties'
codes and names, the names and codes of the registered enterprises it names. Builds replay decisions before any rule;
one whose evidence changed, or whose last day is over, becomes stale and its party is in the queue again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tidu.errors import DecisionRefused, TiduError
from tidu.identity.overriding import checked_value
from tidu.identity.parties import Enterprise, Party, find_enterprise, find_link, is_built, members, party_of
from tidu.ledger.database import connect
from tidu.ledger.locks import BUILD
from tidu.ledger.roles import Role, acting_as

LOCK = 7_411_007
LINKING = "(subject like 'party:%%' or subject like 'enterprise:%%')"
"""Decisions about who is who and what is true of an enterprise."""
ENDED = "jsonb_build_object('ended', jsonb_build_object('at', now(), 'by', %s::text, 'reason', %s::text))"
"""How a decision ended: when, by whom, why."""


@dataclass(frozen=True)
class Signature:
    """Who decides, why, and until which day (None: for good)."""

    by: str
    reason: str
    expires_on: dt.date | None = None

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.reason.strip():
            raise DecisionRefused("a decision needs a person (by) and a reason")


def merge(subject: str, into: str, signature: Signature) -> int:
    """Decide that a party belongs to an enterprise, or that two enterprises are one; return the decision's number.

    `subject` is a party, or an enterprise of which at most one is registered: the registered one always stands.
    Raises DecisionRefused when either does not exist, both are registered, or they are the same enterprise.
    """
    detail: dict[str, Any]
    with _reading() as connection:
        target = find_enterprise(connection, into)
        party = _party(connection, subject)
        if party is None:
            gone = find_enterprise(connection, subject)
            if gone.enterprise_id == target.enterprise_id:
                raise DecisionRefused(f"{subject} and {into} are the same enterprise {target}")
            if gone.is_registered and target.is_registered:
                raise DecisionRefused(f"{gone} and {target} are both registered: registered entities never merge")
            if gone.is_registered:
                gone, target = target, gone
            if _merged_since(connection, target.enterprise_id) == gone.enterprise_id:
                raise DecisionRefused(f"{target} was merged into {gone} already; the next build takes that in")
            named = f"enterprise:{gone.enterprise_id}"
            detail = {"from": gone.enterprise_id, "from_witnesses": _witnesses(connection, gone)}
            evidence = _evidence(connection, [], [gone, target])
        else:
            named, detail = f"party:{party.kind}|{party.no}", {"parties": [[party.kind, party.no]]}
            evidence = _evidence(connection, [party], [target])
        witness = _witness(connection, target, party)
        detail |= {"to": target.enterprise_id, "evidence": evidence, "witness": witness}
    return _record("merge", named, detail, signature)


def split(parties: Sequence[str], from_: str, signature: Signature) -> int:
    """Decide that parties do not belong to an enterprise; together they get a provisional one of their own.

    A party that is elsewhere now is kept from ever joining that enterprise. Returns the decision's number. Raises
    DecisionRefused when a party or the enterprise does not exist, or nothing would be left of a provisional one.
    """
    with _reading() as connection:
        source = find_enterprise(connection, from_)
        leaving = sorted({p for text in parties if (p := _party(connection, text))}, key=str)
        if not leaving or len(leaving) < len(set(parties)):
            raise DecisionRefused("a split names one or more parties, such as taxpayer:123, that leave an enterprise")
        staying = [p for p in members(connection, source.enterprise_id, 51 + len(leaving)) if p not in leaving]
        if not source.is_registered and not staying:
            raise DecisionRefused(f"{source} has no other parties: there is nothing to split")
        anchor = "|".join(("split", source.enterprise_id, leaving[0].kind, leaving[0].no))
        detail = {
            "parties": [[p.kind, p.no] for p in leaving],
            "from": source.enterprise_id,
            "to": minted_id(anchor),
            "witness": [staying[0].kind, staying[0].no] if staying and not source.is_registered else None,
            "evidence": _evidence(connection, leaving, [source]),
        }
    alone = len(leaving) == 1
    subject = f"party:{leaving[0].kind}|{leaving[0].no}" if alone else f"enterprise:{source.enterprise_id}"
    return _record("split", subject, detail, signature)


def override(enterprise: str, attribute: str, value: str | None, signature: Signature) -> int:
    """Decide what an attribute of the master is (None: empty), whatever the departments say; return the number.

    It counts from today until its last day, and becomes stale when the register says something else of that attribute
    than it did.
    Raises DecisionRefused for an unknown enterprise or attribute, or a value that cannot be read.
    """
    with _reading() as connection:
        found = find_enterprise(connection, enterprise)
        field, read, before = checked_value(connection, found, attribute, value)
        detail = {
            "enterprise_id": found.enterprise_id,
            "attribute": attribute,
            "value": read,
            "instead_of": before,
            "field": field,
            "evidence": _evidence(connection, [], [found]),
        }
    return _record("override", f"enterprise:{found.enterprise_id}", detail, signature)


@acting_as(Role.REVIEW)
def revoke(decision_id: int, signature: Signature) -> None:
    """Take a decision back: the next build goes by the rules again; one that ended before never held then.

    Waits for a build that runs, as it would take in one half of what this changes. Raises DecisionRefused when there
    is none.
    """
    with connect() as connection:
        _wait_for_build(connection)
        done = connection.execute(
            f"update ops.decision set state = 'revoked', detail = detail || {ENDED}"  # noqa: S608
            f" where decision_id = %s and state <> 'revoked' and {LINKING}",
            [signature.by.strip(), signature.reason.strip(), decision_id],
        ).rowcount
        if not done:
            raise DecisionRefused(f"no standing decision {decision_id} about who is who; see `tidu link show`")


def minted_id(anchor: str) -> str:
    """Return the enterprise id an anchor gives, as the models make it (macro `enterprise_id`).

    >>> minted_id("ms_registration|1")
    'E2d3bbdf6d2d4ac22'
    """
    return "E" + hashlib.md5(anchor.encode(), usedforsecurity=False).hexdigest()[:16]


def _reading() -> psycopg.Connection:
    connection = connect()
    # a build that runs now replaces what is looked at: wait for it
    connection.execute("select pg_advisory_xact_lock_shared(%s)", [BUILD])
    if not is_built(connection):
        connection.close()
        raise TiduError("no links are built yet, so there is nothing to decide about; run `make run` first")
    return connection


def _party(connection: psycopg.Connection, text: str) -> Party | None:
    """Return the party a text names; None when it names an enterprise. Raises DecisionRefused for an unknown party."""
    if not any(sign in text for sign in ":|"):
        return None
    party = party_of(text)
    if find_link(connection, party) is None:
        if party.kind == "entity":
            return None
        raise DecisionRefused(f"no accepted record names the party {party}")
    return party


def _evidence(
    connection: psycopg.Connection, parties: Sequence[Party], enterprises: Sequence[Enterprise]
) -> dict[str, Any]:
    """Return what a decision rests on: parties, the first ones of provisional enterprises, and registered ones."""
    provisional = [e for e in enterprises if not e.is_registered]
    looked_at = {*parties, *(p for e in provisional for p in members(connection, e.enterprise_id))}
    return {
        "parties": [[p.kind, p.no] for p in sorted(looked_at, key=str)],
        "enterprises": [e.enterprise_id for e in enterprises if e.is_registered],
    }


def _witness(connection: psycopg.Connection, target: Enterprise, party: Party | None) -> list[str] | None:
    """Return a party of a provisional enterprise that will tell where it went, should it stand no longer."""
    if target.is_registered:
        return None
    others = [p for p in members(connection, target.enterprise_id) if p != party]
    return [others[0].kind, others[0].no] if others else None


def _witnesses(connection: psycopg.Connection, merged: Enterprise) -> list[list[str]]:
    """Return the first parties that the rules give to an enterprise: should it stand no longer, they tell where it is.

    Parties that reviewers moved there are no witnesses: they leave it again with the decision that moved them.
    """
    return [
        [kind, no]
        for kind, no in connection.execute(
            "select party_kind, party_no from intermediate.int_identity__assignment where enterprise_id = %s"
            " order by party_kind, party_no limit 50",
            [merged.enterprise_id],
        )
    ]


def _merged_since(connection: psycopg.Connection, enterprise_id: str) -> str:
    """Return where an enterprise is going by decisions no build has taken in yet; itself where there are none."""
    row = connection.execute(
        """
        with recursive led as (
            select %(id)s::text as enterprise_id, 1 as place
            union all
            select d.detail ->> 'to', led.place + 1
            from led join ops.decision as d on d.subject = 'enterprise:' || led.enterprise_id
            where d.kind = 'merge' and d.state = 'active' and d.detail ->> 'from' = led.enterprise_id
        ) cycle enterprise_id set seen using path
        select enterprise_id from led order by place desc limit 1
        """,
        {"id": enterprise_id},
    ).fetchone()
    return str(row[0]) if row else enterprise_id


def _wait_for_build(connection: psycopg.Connection) -> None:
    """Keep builds and other decisions out until this transaction ends."""
    connection.execute("select pg_advisory_xact_lock(%s), pg_advisory_xact_lock_shared(%s)", [LOCK, BUILD])


@acting_as(Role.REVIEW)
def _record(kind: str, subject: str, detail: dict[str, Any], signature: Signature) -> int:
    """Enter a decision; what it says otherwise than earlier ones about the same becomes stale."""
    with connect() as connection:
        _wait_for_build(connection)
        row = connection.execute(
            "insert into ops.decision (kind, subject, decided_by, reason, expires_on, detail)"
            " values (%s, %s, %s, %s, %s, %s) returning decision_id",
            [kind, subject, signature.by.strip(), signature.reason.strip(), signature.expires_on, Jsonb(detail)],
        ).fetchone()
        (decision_id,) = row or (0,)
        connection.execute(
            "update ops.decision as d set evidence_sha256 = e.evidence_sha256"
            " from intermediate.int_identity__decision_evidence as e"
            " where d.decision_id = e.decision_id and d.decision_id = %s",
            [decision_id],
        )
        connection.execute(
            f"""
            update ops.decision as d set state = 'stale', detail = d.detail || {ENDED}
            from ops.decision as n
            where n.decision_id = %s and d.decision_id < n.decision_id and d.state = 'active' and d.subject = n.subject
                and case
                    when n.kind = 'override' then
                        d.kind = 'override' and d.detail -> 'attribute' = n.detail -> 'attribute'
                    when n.kind = 'merge' and d.kind = 'merge' then true
                    when n.kind = 'merge' then d.kind = 'split' and d.detail -> 'from' = n.detail -> 'to'
                    when d.kind = 'merge' then d.detail -> 'to' = n.detail -> 'from'
                    else d.detail -> 'from' = n.detail -> 'from' and d.detail -> 'parties' = n.detail -> 'parties'
                end
            """,  # noqa: S608
            [signature.by.strip(), f"decision {decision_id} replaces it", decision_id],
        )
        return int(decision_id)
