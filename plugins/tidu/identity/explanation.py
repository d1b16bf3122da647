"""Why a party is linked as it is, from the evidence to the decision: for a reviewer to read line by line.

A link by rule is shown with the row of the register it rests on, one by probability as a waterfall of its comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from tidu.contracts import contracts
from tidu.errors import DecisionRefused, TiduError
from tidu.identity.evidence import Proof, RegisterRow, Variant, proof, register_rows, ruled_out
from tidu.identity.parties import Enterprise, Link, Party, find_link, is_built, party_of, standing
from tidu.identity.review import candidates
from tidu.identity.waterfall import Weighing
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
    """Rows of int_identity__candidate, likeliest first."""
    weighing: Weighing | None = None
    """Of a link by probability: how it came about."""
    proof: Proof | None = None
    """Of a link by a rule: the spelling and the row of the register it rests on."""
    registration: RegisterRow | None = None
    """Of an entity of the register: its newest registration."""
    ruled_out: list[tuple[str, str]] = field(default_factory=list)
    """Other registered enterprises its spellings lead to, with the reason it is none of them."""
    names: dict[str, str] = field(default_factory=dict)
    """Names of the enterprises spoken of."""

    def lines(self) -> list[str]:
        """Say it in words, the result first."""
        said = [
            f"{self.party} belongs to {self.enterprise or self.link.enterprise_id}",
            f"  by {self.link.method}: {self.reason}",
        ]
        if self.link.method == "reviewer":
            said.append(f"  the rules alone say {self._name(self.rules.enterprise_id)}, by {self.rules.method}")
        for title, found in (
            ("what the rules go by" if self.link.method == "reviewer" else "how it was found", self._found_by()),
            ("what its records say", [line for v in self.variants for line in self._of_variant(v)]),
            ("what contradicts", self.contradictions()),
            ("what was ruled out", [f"{self._name(e)}: {reason}" for e, reason in self.ruled_out]),
            ("candidates", [line for c in self.weighed for line in self._of_candidate(c)]),
            ("decisions", [d.line() for d in self.decisions]),
        ):
            said += [f"{title}:", *(f"  {line}" for line in found)] if found else [f"{title}: none"]
        return said

    @property
    def weighed(self) -> list[Weighing]:
        """The candidates, each with its waterfall."""
        return [_weighing(c) for c in self.candidates]

    @property
    def reason(self) -> str:
        """What its method means."""
        if self.registration:
            return "it is in the register under this number; registered entities are given and never merge"
        return METHODS.get(self.link.method, self.link.method)

    def as_dict(self) -> dict[str, Any]:
        """Return it for a machine to read."""
        return {
            "party": str(self.party),
            "enterprise_id": self.link.enterprise_id,
            "is_registered": self.link.is_registered,
            "method": self.link.method,
            "reason": self.reason,
            "by_rules": {"enterprise_id": self.rules.enterprise_id, "method": self.rules.method},
            "registration": vars(self.registration) if self.registration else None,
            "proof": {
                "method": self.proof.method,
                "variant": vars(self.proof.variant),
                "row": vars(self.proof.row) if self.proof.row else None,
            } if self.proof else None,
            "weighing": self.weighing.as_dict() if self.weighing else None,
            "variants": [vars(v) for v in self.variants],
            "contradictions": self.contradictions(),
            "ruled_out": [{"enterprise_id": e, "reason": reason} for e, reason in self.ruled_out],
            "candidates": [c.as_dict() for c in self.weighed],
            "decisions": [vars(d) for d in self.decisions],
            "names": self.names,
        }  # fmt: skip

    def _found_by(self) -> list[str]:
        if self.registration:
            return [f"registered by {self.registration}"]
        if self.proof:
            return self.proof.lines()
        if self.weighing:
            return [*self._summary(self.weighing, ()), *self.weighing.lines()]
        return []

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
            f"candidate {self._name(c.enterprise_id)} has probability {c.probability:.4f}"
            for c in self.weighed
            if c.enterprise_id != here and c.probability >= 0.5
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

    def _of_candidate(self, c: Weighing) -> list[str]:
        if c.steps():
            return [*self._summary(c, self.weighed), *(f"  {line}" for line in c.lines())]
        margin = "" if c.margin is None else f", ahead of the next by {c.margin:.4f}"
        reasons = "; ".join(f"{name} {value}" for name, value in c.why.items())
        return [f"{c.probability:.4f} {self._name(c.enterprise_id)}{margin}: {reasons}"]

    def _summary(self, w: Weighing, others: Sequence[Weighing]) -> list[str]:
        weight = "" if w.weight is None else f"weight {w.weight:+.2f} bits, "
        return [f"{self._name(w.enterprise_id)}: {weight}probability {w.probability:.4f}, {w.standing(others)}"]

    def _name(self, enterprise_id: str) -> str:
        return f"{enterprise_id} ({self.names[enterprise_id]})" if self.names.get(enterprise_id) else enterprise_id


def explain(named: Party | str) -> Explanation:
    """Return why a party, or a record `dataset:source_key`, is linked as it is.

    Raises DecisionRefused when no accepted record is named so.
    """
    with connect() as connection:
        if not is_built(connection):
            raise TiduError("no links are built yet; run `make run` first")
        party = _party(connection, named) if isinstance(named, str) else named
        link, rules = find_link(connection, party), _by_rules(connection, party)
        rows: list[RegisterRow] = []
        if link is None and party.kind == "entity":
            link = rules = _registered(connection, party)
            rows = register_rows(connection, link.enterprise_id) if link else []
        if link is None or rules is None:
            raise DecisionRefused(f"no accepted record names the party {party}")
        variants = _variants(connection, party)
        found = candidates(connection, party)
        tried, weighing = _probable(connection, party)
        others = ruled_out(link.method, link.enterprise_id, variants, doubted=tried and weighing is None)
        spoken_of = {link.enterprise_id, rules.enterprise_id, *(str(c["enterprise_id"]) for c in found)}
        spoken_of |= {e for v in variants for e in (v.code_enterprise_id, v.name_enterprise_id) if e}
        spoken_of |= {e for e, _ in others}
        known = {e: standing(connection, e) for e in sorted(spoken_of)}
        return Explanation(
            party,
            link,
            known[link.enterprise_id],
            rules,
            variants,
            decisions_naming(connection, [party], link.enterprise_id),
            found,
            weighing if rules.method == "probabilistic" else None,
            proof(connection, rules.method, rules.enterprise_id, variants),
            rows[0] if rows else None,
            others,
            {e: s.name for e, s in known.items() if s is not None and s.name},
        )


def _party(connection: psycopg.Connection, text: str) -> Party:
    """Return the party a person names, by itself or by one of its records as mart.enterprise_xref has it."""
    dataset, _, key = text.strip().replace("|", ":", 1).partition(":")
    if dataset not in contracts():
        return party_of(text)
    if not connection.execute(
        "select 1 from mart.enterprise_xref where dataset = %s and source_key = %s", [dataset, key]
    ).fetchone():
        written = "|".join(contracts()[dataset].key)
        raise DecisionRefused(f"no accepted record of {dataset} has the key {key!r}; its keys are written {written}")
    itself = Party(dataset, key)
    return itself if find_link(connection, itself) else party_of(text)


def _weighing(row: dict[str, Any]) -> Weighing:
    why = row["why"] if isinstance(row["why"], dict) else {}
    return Weighing(str(row["enterprise_id"]), float(row["match_probability"]), row["margin"], why)


def _probable(connection: psycopg.Connection, party: Party) -> tuple[bool, Weighing | None]:
    """Return whether linkage by probability decided about the party, and for what; none where it doubts a name."""
    if connection.execute("select to_regclass('intermediate.int_identity__probable_match')").fetchone() == (None,):
        return False, None
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            "select enterprise_id, match_probability, margin, why from intermediate.int_identity__probable_match"
            " where party_kind = %s and party_no = %s",
            [party.kind, party.no],
        ).fetchone()
    return found is not None, _weighing(found) if found and found["enterprise_id"] else None


def _registered(connection: psycopg.Connection, party: Party) -> Link | None:
    """Return an entity of the register as what it is; records of the register name it by its number."""
    with connection.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(
            "select enterprise_id, 'minted' as method, true as is_registered"
            " from intermediate.int_identity__registered_entity where entity_no = %s",
            [party.no],
        ).fetchone()


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
            " n.holders as name_holders, n.bearers from intermediate.int_identity__party_variant as v"
            " left join intermediate.int_identity__party_code as c on c.code_key = v.code_key"
            " left join intermediate.int_identity__registered_name as n on n.name_key = v.name_key"
            " where v.party_kind = %s and v.party_no = %s"
            " order by v.weight desc, v.code_key nulls last, v.name_key nulls last",
            [party.kind, party.no],
        ).fetchall()
