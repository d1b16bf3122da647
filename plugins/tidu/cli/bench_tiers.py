"""The measurement behind `tidu bench tiers`: all policies over very many enterprises, beside a scan and join of them.

A world is taken to the marts of a scratch warehouse, whose enterprises are then copied, with all their records, until
there are as many as asked for. Assessing is the whole stage: dbt's models that bring inputs and source rows together,
the policies, gaps, pool and re-check, and what is kept of it, from an empty history. Beside it stands one statement
that reads and joins the same rows (bench_tiers_plain.sql), on the same server, right before and right after.
"""

# ruff: noqa: S608 - SQL is composed from names of the catalogue

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import fmean

import psycopg

from tidu.cli.bench_linkage_world import RUN, accepted_rows, fill, scratch_warehouse
from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.transform import build
from tidu.transform.tiers.assess import assess

COPIED = (
    "mart.enterprise", "mart.enterprise_year", "intermediate.int_enterprise__registration",
    "intermediate.int_enterprise__size_class", "intermediate.int_enterprise__year_accounts",
    "intermediate.int_enterprise__account_link", "intermediate.int_enterprise__record_link",
    "staging.stg_mi_declaration", "staging.stg_mi_tech_register", "staging.stg_mi_tier_holder", "staging.stg_fn_equity",
    "staging.stg_fn_listing", "staging.stg_ms_irregularity", "staging.stg_ms_ip_right", "staging.stg_tx_credit_rating",
    "intermediate.int_tx_cit_return__current", "intermediate.int_ms_annual_report__current",
    "intermediate.int_hr_talent__current", "intermediate.int_hr_insurance__current",
)  # fmt: skip
"""What the inputs are read from; views over these follow."""
OWN = (
    "enterprise_id", "source_key", "account_no", "entity_no", "uscc", "cert_no", "deal_no", "listing_no", "record_no",
    "ip_no", "taxpayer_no", "employer_no",
)  # fmt: skip
"""Columns in which copies differ, so that each is an enterprise with records of its own."""


PLAIN = Path(__file__).with_name("bench_tiers_plain.sql")
KEPT = "mart.tier_standing, mart.tier_pool, mart.tier_review, mart.tier_run, mart.tier_pattern"


@dataclass(frozen=True)
class Measured:
    """Seconds at one number of enterprises."""

    enterprises: int
    """Assessed ones."""
    plain: tuple[float, float]
    """The scan and join, before and after."""
    inputs: float
    """Of the stage, until the inputs and source rows stand; with the start of dbt."""
    assessed: float
    """Of the stage, the rest."""
    witnesses: int
    """Source rows the verdicts rest on."""

    @property
    def ratio(self) -> float:
        """The whole stage over the scan and join."""
        return (self.inputs + self.assessed) / fmean(self.plain)


def measure(
    folder: Path, world: Path, as_of: date, enterprises: Sequence[int], say: Callable[[str], None]
) -> list[Measured]:
    """Measure at each number of enterprises asked for, smaller ones first; return what was found at each."""
    with scratch_warehouse(folder):
        fill(accepted_rows(world, as_of))
        build("mart", RUN, {"as_of": str(as_of), "series_start": ""}, since="stage")
        _settle()
        say("the marts stand")
        once = _at(as_of)
        found, now = [], once.enterprises
        for wanted in sorted(enterprises):
            _copy(once.enterprises, now, wanted)
            found.append(_at(as_of))
            now = found[-1].enterprises
            if found[-1].witnesses * once.enterprises != once.witnesses * now:
                raise TiduError(f"{now} enterprises rest on {found[-1].witnesses} rows: not all of them were copied")
            say(f"{now:,} enterprises: {fmean(found[-1].plain):.1f} s, {found[-1].inputs + found[-1].assessed:.1f} s")
    return found


def _at(as_of: date) -> Measured:
    """Scan and join, run the stage with nothing kept from before, scan and join again."""
    with connect() as connection:
        connection.execute(f"drop table if exists {KEPT} cascade".encode())
    before = _plain(as_of)
    began = time.perf_counter()
    build("tier", RUN, {"as_of": str(as_of), "series_start": ""})
    whole = time.perf_counter() - began
    with connect() as connection:
        connection.execute(f"drop table if exists {KEPT} cascade".encode())
        count, witnesses = connection.execute(
            "select count(*), sum(cardinality(witnesses)) from intermediate.int_tier__evidence"
        ).fetchone() or (0, 0)
    began = time.perf_counter()
    assess("", RUN, as_of)
    assessed = time.perf_counter() - began
    return Measured(int(count), (before, _plain(as_of)), whole - assessed, assessed, int(witnesses))


def _plain(as_of: date) -> float:
    """Scan and join into a table that is thrown away; return the seconds."""
    statement = f"create unlogged table public.bench_plain as {PLAIN.read_text(encoding='utf-8')}".encode()
    with connect(autocommit=True) as connection:
        began = time.perf_counter()
        psycopg.ClientCursor(connection).execute(statement, {"last": as_of.year - 1})
        seconds = time.perf_counter() - began
        connection.execute("drop table public.bench_plain")
    return seconds


def _copy(once: int, now: int, wanted: int) -> None:
    """Copy every record of the first enterprises until there are about as many assessed ones as wanted."""
    first, last = round(now / once), round(wanted / once)
    with connect() as connection:
        for table in COPIED:
            _copy_table(connection, table, first, last)
    _settle()


def _settle() -> None:
    """Let the planner know what is there: a join of tables it takes for empty goes on for hours."""
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
