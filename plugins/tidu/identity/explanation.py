"""Why a party is linked as it is, from the evidence to the decision: for a reviewer to read line by line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import class_row

from tidu.errors import DecisionRefused, TiduError
from tidu.identity.parties import Enterprise, Link, Party, find_link, is_built, standing
from tidu.identity.review import candidates
from tidu.ledger.database import connect
from tidu.ledger.decisions import Decision

METHODS = {
    "uscc": "a credit code of its own is registered",
    "org_code": "the organisation code within its code is registered",
    "reg_no": "its old registration number is registered",
    "name_exact": "its name is borne by one registered enterprise alone",
    "probabilistic": "names, addresses and the like agree more with one registered enterprise than with any other",
    "reviewer": "a reviewer decided so",
    "minted": "nothing ties it to a registered enterprise for certain: it has an enterprise of its own",
}


@dataclass(frozen=True)
class Variant:
    """One spelling of a party's code and name, and where each leads."""

    code_key: str | None
    name_key: str | None
    name: str | None
    weight: int
    last_delivered_on: dt.date | None
    code_method: str | None
    code_enterprise_id: str | None
    org_code: str | None
    name_enterprise_id: str | None
    name_holders: int | None


@dataclass(frozen=True)
class Explanation:
    """Everything that speaks for and against one link."""

    party: Party
    link: Link
    enterprise: Enterprise | None
    rules: Link
    """What the rules alone say."""
    variants: list[Variant]
    decisions: list[Decision]
    candidates: list[dict[str, Any]]
    names: dict[str, str] = field(default_factory=dict)
    """Names of the enterprises spoken of."""

    def lines(self) -> list[str]:
        """Say it in words, the result first."""
        said = [
            f"{self.party} belongs to {self.enterprise or self.link.enterprise_id}",
            f"  by {self.link.method}: {METHODS.get(self.link.method, self.link.method)}",
        ]
        if self.link.method == "reviewer":
            said.append(f"  the rules alone say {self._name(self.rules.enterprise_id)}, by {self.rules.method}")
        for title, found in (
            ("what its records say", [line for v in self.variants for line in self._of_variant(v)]),
            ("what contradicts", self.contradictions()),
            ("candidates", [self._of_candidate(c) for c in self.candidates]),
            ("decisions", [d.line() for d in self.decisions]),
        ):
            said += [f"{title}:", *(f"  {line}" for line in found)] if found else [f"{title}: none"]
        return said

    def contradictions(self) -> list[str]:
        """Return what speaks against the link."""
        found, here = [], self.link.enterprise_id
        for v in self.variants:
            if v.code_enterprise_id and v.code_enterprise_id != here:
                found.append(f"the code {v.code_key} is that of {self._name(v.code_enterprise_id)}")
            elif v.org_code and not v.code_enterprise_id and self.link.is_registered:
                found.append(f"the code {v.code_key} is valid and not registered")
            if v.name_enterprise_id and v.name_enterprise_id != here:
                found.append(f"the name {v.name} is that of {self._name(v.name_enterprise_id)}")
            elif v.name_holders and v.name_holders > 1:
                found.append(f"the name {v.name} is or was borne by {v.name_holders} registered enterprises")
        found += [
            f"candidate {self._name(str(c['enterprise_id']))} has probability {c['match_probability']:.4f}"
            for c in self.candidates
            if c["enterprise_id"] != here and c["match_probability"] >= 0.5
        ]
        return list(dict.fromkeys(found))

    def _of_variant(self, v: Variant) -> list[str]:
        times = f"{v.weight} record{'s' if v.weight != 1 else ''}"
        until = f", last on {v.last_delivered_on}" if v.last_delivered_on else ""
        if v.code_key is None:
            code = "no code"
        elif v.code_enterprise_id:
            code = f"code {v.code_key} -> {self._name(v.code_enterprise_id)} by {v.code_method}"
        else:
            code = f"code {v.code_key} -> " + ("valid, not registered" if v.org_code else "not valid as a code")
        if v.name is None:
            name = "no name"
        elif v.name_enterprise_id:
            name = f"name {v.name} -> {self._name(v.name_enterprise_id)}"
        elif v.name_holders:
            name = f"name {v.name} -> borne by {v.name_holders}, so it tells none"
        else:
            name = f"name {v.name} -> not in the register"
        return [f"{times}{until}:", f"  {code}", f"  {name}"]

    def _of_candidate(self, c: dict[str, Any]) -> str:
        margin = "" if c["margin"] is None else f", ahead of the next by {c['margin']:.4f}"
        why = c["why"] if isinstance(c["why"], dict) else {}
        reasons = "; ".join(f"{name} {value}" for name, value in why.items()) or str(c["why"] or "")
        return f"{c['match_probability']:.4f} {self._name(str(c['enterprise_id']))}{margin}: {reasons}"

    def _name(self, enterprise_id: str) -> str:
        return f"{enterprise_id} ({self.names[enterprise_id]})" if self.names.get(enterprise_id) else enterprise_id


def explain(party: Party) -> Explanation:
    """Return why a party is linked as it is. Raises DecisionRefused when no accepted record names the party."""
    with connect() as connection:
        if not is_built(connection):
            raise TiduError("no links are built yet; run `make run` first")
        link, rules = find_link(connection, party), _by_rules(connection, party)
        if link is None or rules is None:
            raise DecisionRefused(f"no accepted record names the party {party}")
        variants = _variants(connection, party)
        found = candidates(connection, party)
        spoken_of = {link.enterprise_id, rules.enterprise_id, *(str(c["enterprise_id"]) for c in found)}
        spoken_of |= {e for v in variants for e in (v.code_enterprise_id, v.name_enterprise_id) if e}
        known = {e: standing(connection, e) for e in sorted(spoken_of)}
        names = {e: s.name for e, s in known.items() if s is not None and s.name}
        decided = decisions_naming(connection, [party], link.enterprise_id)
        return Explanation(party, link, known[link.enterprise_id], rules, variants, decided, found, names)


def decisions_naming(connection: psycopg.Connection, parties: list[Party], enterprise_id: str) -> list[Decision]:
    """Return every decision, in force or not, that names one of the parties or the enterprise; oldest first."""
    with connection.cursor(row_factory=class_row(Decision)) as cursor:
        return cursor.execute(
            "select decision_id, kind, state, decided_by, decided_at, reason, expires_on from ops.decision"
            " where subject = any(%(subjects)s)"
            " or (subject like 'party:%%' or subject like 'enterprise:%%')"
            " and (%(id)s in (detail ->> 'from', detail ->> 'to')"
            " or exists (select from jsonb_array_elements(detail -> 'parties') as p (v)"
            " where 'party:' || (v ->> 0) || '|' || (v ->> 1) = any(%(subjects)s)))"
            " order by decision_id",
            {"subjects": [*(f"party:{p.kind}|{p.no}" for p in parties), f"enterprise:{enterprise_id}"],
             "id": enterprise_id},
        ).fetchall()  # fmt: skip


def _by_rules(connection: psycopg.Connection, party: Party) -> Link | None:
    with connection.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(
            "select enterprise_id, method, is_registered from intermediate.int_identity__assignment"
            " where party_kind = %s and party_no = %s",
            [party.kind, party.no],
        ).fetchone()


def _variants(connection: psycopg.Connection, party: Party) -> list[Variant]:
    with connection.cursor(row_factory=class_row(Variant)) as cursor:
        return cursor.execute(
            "select v.code_key, v.name_key, v.name, v.weight, v.last_delivered_on, c.method as code_method,"
            " c.enterprise_id as code_enterprise_id, c.org_code, n.enterprise_id as name_enterprise_id,"
            " n.holders as name_holders from intermediate.int_identity__party_variant as v"
            " left join intermediate.int_identity__party_code as c on c.code_key = v.code_key"
            " left join intermediate.int_identity__registered_name as n on n.name_key = v.name_key"
            " where v.party_kind = %s and v.party_no = %s"
            " order by v.weight desc, v.code_key nulls last, v.name_key nulls last",
            [party.kind, party.no],
        ).fetchall()
