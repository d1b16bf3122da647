"""What linkage ties, and to what: parties (accounts and records) and enterprises, as reviewers name them.

A party is written `kind:number`, as in `taxpayer:3702…` or `fn_loan:L1`; the key of any record of an account names the
account. An enterprise is written by its id (also one that was redirected since), its credit code, or `entity:<number>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from tidu.contracts import contracts
from tidu.errors import DecisionRefused
from tidu.identity.names import code_key

ENTERPRISE_ID = re.compile(r"E[0-9a-f]{16}")
ACCOUNTS = {"taxpayer_no": "taxpayer", "employer_no": "employer", "entity_no": "entity"}
"""Key fields by which a record names its account or entity, and the kind of party that is."""


@dataclass(frozen=True)
class Party:
    """A taxpayer or employer account, an unknown entity number, or one record of a dataset without accounts."""

    kind: str
    no: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.no}"


@dataclass(frozen=True)
class Enterprise:
    """An enterprise as the last build of the links left it."""

    enterprise_id: str
    is_registered: bool
    name: str | None

    def __str__(self) -> str:
        return f"{self.enterprise_id} ({self.name or 'no name'}, {'registered' if self.is_registered else '未登记'})"


@dataclass(frozen=True)
class Link:
    """Where one party stands."""

    enterprise_id: str
    method: str
    is_registered: bool


def party_of(text: str) -> Party:
    """Read a party as a person writes it. Raises DecisionRefused where it is none.

    >>> party_of("tx_vat_return|t1|2025-01|1")
    Party(kind='taxpayer', no='t1')
    """
    found = re.fullmatch(r"(\w+)[:|](.+)", text.strip(), re.DOTALL)
    if not found:
        raise DecisionRefused(f"{text!r} names no party; write kind:number, such as taxpayer:123 or fn_loan:L1")
    kind, number = found.groups()
    if kind in contracts():
        key = contracts()[kind].identity_key
        parts = number.split("|")
        for field, account in ACCOUNTS.items():
            if field in key and key.index(field) < len(parts):
                return Party(account, parts[key.index(field)])
    elif kind not in ACCOUNTS.values():
        raise DecisionRefused(f"{text!r}: there is no kind of party {kind}")
    return Party(kind, number)


def find_link(connection: psycopg.Connection, party: Party) -> Link | None:
    """Return where a party stands; None when no accepted record names it."""
    with connection.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(
            "select enterprise_id, method, is_registered from intermediate.int_identity__party_link"
            " where party_kind = %s and party_no = %s",
            [party.kind, party.no],
        ).fetchone()


def find_enterprise(connection: psycopg.Connection, text: str) -> Enterprise:
    """Return the enterprise a person names; an id given out before leads to where its records are now.

    Raises DecisionRefused when nothing of that name stands.
    """
    wanted = text.strip()
    if wanted.startswith(("entity:", "entity|")):
        found = connection.execute(
            "select enterprise_id from intermediate.int_identity__registered_entity where entity_no = %s",
            [wanted[len("entity:") :]],
        ).fetchone()
    elif not ENTERPRISE_ID.fullmatch(wanted):
        found = connection.execute(
            "select enterprise_id from intermediate.int_identity__registered_code"
            " where code = %s and code_kind = 'uscc'",
            [code_key(wanted)],
        ).fetchone()
    else:
        found = connection.execute(
            "select new_enterprise_id from mart.enterprise_redirect where old_enterprise_id = %s", [wanted]
        ).fetchone() or (wanted,)
    enterprise = standing(connection, str(found[0])) if found else None
    if enterprise is None:
        raise DecisionRefused(f"no enterprise {wanted}; name it by its id, credit code or entity:<number>")
    return enterprise


def standing(connection: psycopg.Connection, enterprise_id: str) -> Enterprise | None:
    """Return the enterprise of this very id, registered or not; None when no record is tied to it."""
    with connection.cursor(row_factory=class_row(Enterprise)) as cursor:
        return cursor.execute(
            """
            select e.enterprise_id, true as is_registered, r.entity_name as name
            from intermediate.int_identity__registered_entity as e
            left join intermediate.int_ms_registration__current as r using (entity_no)
            where e.enterprise_id = %(id)s
            union all
            (
                select p.enterprise_id, false, v.name
                from intermediate.int_identity__provisional_party as p
                left join intermediate.int_identity__party_variant as v using (party_kind, party_no)
                where p.enterprise_id = %(id)s
                order by v.weight desc nulls last, v.name limit 1
            )
            """,
            {"id": enterprise_id},
        ).fetchone()


def members(connection: psycopg.Connection, enterprise_id: str, limit: int = 50) -> list[Party]:
    """Return the first parties of an enterprise, in order."""
    with connection.cursor(row_factory=class_row(Party)) as cursor:
        return cursor.execute(
            "select party_kind as kind, party_no as no from intermediate.int_identity__party_link"
            " where enterprise_id = %s order by party_kind, party_no limit %s",
            [enterprise_id, limit],
        ).fetchall()


def is_built(connection: psycopg.Connection) -> bool:
    """Tell whether links were ever built here and let through: what a build that was stopped leaves is no link."""
    row = connection.execute(
        "select to_regclass('intermediate.int_identity__party_link') is not null"
        " and to_regclass('mart.enterprise_redirect') is not null and to_regclass('mart.enterprise_xref') is not null"
    ).fetchone()
    return bool(row and row[0])
