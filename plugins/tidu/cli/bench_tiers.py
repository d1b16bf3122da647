"""The measurement behind `tidu bench tiers`: all policies over very many enterprises, beside a scan and join of them.

A world is taken to the marts of a scratch warehouse, whose enterprises are then copied, with all their records, until
there are as many as asked for. The inputs of policies are scanned and joined by dbt's models of stage tier, which do
nothing else; the assessment applies every policy to them, works out what is lacking, and keeps the evidence.
"""

# ruff: noqa: S608 - SQL is composed from names of the catalogue

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from tidu.cli.bench_linkage_world import RUN, accepted_rows, fill, scratch_warehouse
from tidu.ledger.database import connect
from tidu.transform import build
from tidu.transform.tiers.assess import assess

COPIED = (
    "mart.enterprise", "mart.enterprise_year", "intermediate.int_enterprise__registration",
    "intermediate.int_enterprise__size_class", "intermediate.int_enterprise__year_accounts",
    "intermediate.int_enterprise__account_link", "intermediate.int_enterprise__record_link",
    "staging.stg_mi_declaration", "staging.stg_mi_tech_register", "staging.stg_mi_tier_holder", "staging.stg_fn_equity",
    "staging.stg_fn_listing", "staging.stg_ms_irregularity", "staging.stg_ms_ip_right", "staging.stg_tx_cit_return",
    "staging.stg_ms_annual_report", "staging.stg_hr_insurance", "staging.stg_hr_talent", "staging.stg_tx_credit_rating",
    "intermediate.int_hr_insurance__current",
)  # fmt: skip
"""What the inputs are read from; views over these follow."""
OWN = (
    "enterprise_id", "source_key", "account_no", "entity_no", "uscc", "cert_no", "deal_no", "listing_no", "record_no",
    "ip_no", "taxpayer_no", "employer_no",
)  # fmt: skip
"""Columns in which copies differ, so that each is an enterprise with records of its own."""


@dataclass(frozen=True)
class Measured:
    """Seconds at one number of enterprises."""

    enterprises: int
    """Assessed ones."""
    joined: float
    assessed: float

    @property
    def ratio(self) -> float:
        """Assessment over scan and join."""
        return self.assessed / self.joined


def measure(folder: Path, world: Path, as_of: date, enterprises: int, say: Callable[[str], None]) -> list[Measured]:
    """Measure at a quarter of the number asked for, and at all of it; return both."""
    with scratch_warehouse(folder):
        fill(accepted_rows(world, as_of))
        build("mart", RUN, {"as_of": str(as_of), "series_start": ""}, since="stage")
        say("the marts stand")
        found = [_at(as_of)]
        for wanted in (enterprises // 4, enterprises):
            _copy(found[0].enterprises, found[-1].enterprises, wanted)
            found.append(_at(as_of))
            say(f"{found[-1].enterprises:,} enterprises: {found[-1].joined:.1f} s, {found[-1].assessed:.1f} s")
    return found[1:]


def _at(as_of: date) -> Measured:
    """Build the inputs and assess, with nothing kept from before."""
    with connect() as connection:
        connection.execute("drop table if exists mart.tier_standing, mart.tier_pool, mart.tier_review cascade")
    nodes = build("tier", RUN, {"as_of": str(as_of), "series_start": ""})
    joined = sum(node.seconds for node in nodes if node.model.startswith("int_tier__"))
    with connect() as connection:
        connection.execute("drop table if exists mart.tier_standing, mart.tier_pool, mart.tier_review cascade")
        (count,) = connection.execute("select count(*) from intermediate.int_tier__input").fetchone() or (0,)
    began = time.perf_counter()
    assess("", RUN, as_of)
    return Measured(int(count), joined, time.perf_counter() - began)


def _copy(once: int, now: int, wanted: int) -> None:
    """Copy every record of the first enterprises until there are about as many assessed ones as wanted."""
    first, last = round(now / once), round(wanted / once)
    with connect() as connection:
        for table in COPIED:
            _copy_table(connection, table, first, last)
    with connect(autocommit=True) as connection:
        for table in COPIED:
            connection.execute(f"vacuum (analyze) {table}".encode())


def _copy_table(connection: psycopg.Connection, table: str, first: int, last: int) -> None:
    listed = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped", [table]
    ).fetchall()
    columns = [row[0] for row in listed]
    copied = {column: f"{column} || '~' || n" for column in OWN} | {"row_no": "row_no + n * 1000000"}
    told = ", ".join(copied.get(column, column) for column in columns)
    connection.execute(
        f"insert into {table} ({', '.join(columns)}) select {told} from {table} as t"
        f" cross join generate_series({first}, {last - 1}) as n where t.{_own(columns)} not like '%~%'".encode()
    )


def _own(columns: list[str]) -> str:
    return next(column for column in OWN if column in columns)
