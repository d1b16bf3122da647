"""Enterprises as int_tier__input has them, written by hand and assessed without dbt: what follows from verdicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.transform.tiers.assess import assess
from tidu.transform.tiers.compile import INPUT
from tidu.transform.tiers.inputs import inputs

TYPES = {"是否": "boolean", "日期": "date", "文本": "text"}
BESIDE = {"district_code": "text", "held_tiers": "text[]", "declared_this_year": "boolean"}
"""Columns of int_tier__input that no policy asks."""
OTHERS = """
create table intermediate.int_tier__evidence (enterprise_id text primary key, witnesses text[]);
create table intermediate.int_mi_tier_holder__current (
    source_key text primary key, cert_no text, tier text, awarded_on date, valid_until date, withdrawn_on date);
create table intermediate.int_enterprise__record_link (dataset text, source_key text, enterprise_id text);
"""
Facts = dict[str, Any]


def columns() -> dict[str, str]:
    """Return the columns policies look at, with their types."""
    return {i.name: TYPES.get(i.unit, "numeric") for i in inputs().values() if i.sql == f"i.{i.name}"}


def lay_ground(dsn: str) -> None:
    """Make the empty tables that dbt makes before tiers are assessed."""
    told = ", ".join(f"{name} {kind}" for name, kind in (columns() | BESIDE).items())
    with acting_as(Role.TRANSFORM), connect(dsn) as connection:
        connection.execute(f"create table {INPUT} (enterprise_id text primary key, {told})".encode())
        connection.execute(OTHERS.encode())


def plain(as_of: dt.date, **told: Any) -> Facts:
    """Return an enterprise that registers know, in none of the lists, of which no figure was delivered."""
    nothing = {name: False if kind == "boolean" else None for name, kind in columns().items()}
    declared = ("strategic_emerging", "key_field", "key_chain_link", "market_position_confirmed", "core_business_on_it")
    nothing |= dict.fromkeys(declared)
    dates = {"as_of": as_of, "end_of_last_year": dt.date(as_of.year - 1, 12, 31), "established_on": dt.date(2012, 5, 1)}
    counts = {"equity_2y": 0, "equity_3y": 0, "invention_patents": 0, "utility_models_and_software": 0}
    beside: Facts = {"district_code": "370202", "held_tiers": [], "declared_this_year": False, "is_private": True}
    return nothing | dates | counts | beside | told


def assessed(dsn: str, as_of: dt.date, town: Mapping[str, Facts], titles: Iterable[tuple[str, Facts]] = ()) -> None:
    """Put a town, and titles as (enterprise, columns), in the place of what was there, and assess it."""
    names = [*columns(), *BESIDE]
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        tables = "intermediate.int_mi_tier_holder__current, intermediate.int_enterprise__record_link"
        cursor.execute(f"truncate {INPUT}, {tables}".encode())
        with cursor.copy(f"copy {INPUT} (enterprise_id, {', '.join(names)}) from stdin".encode()) as copy:
            for key, facts in town.items():
                copy.write_row([key, *(facts[name] for name in names)])
        for number, (enterprise, title) in enumerate(titles):
            told = {"valid_until": None, "withdrawn_on": None, "cert_no": f"T{number}", **title}
            cursor.execute(
                "insert into intermediate.int_mi_tier_holder__current values"
                " (%(cert_no)s, %(cert_no)s, %(tier)s, %(awarded_on)s, %(valid_until)s, %(withdrawn_on)s)",
                told,
            )
            cursor.execute(
                "insert into intermediate.int_enterprise__record_link values ('mi_tier_holder', %s, %s)",
                [told["cert_no"], enterprise],
            )
    with acting_as(Role.TRANSFORM):
        assess("", "by hand", as_of)


def rows(dsn: str, query: str, *values: Any) -> list[dict[str, Any]]:
    """Return what a query finds, by column."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(query.encode(), values).fetchall()
