"""Repair and replay on a world: with every injected fault repaired, the marts are those of the world without faults.

Both worlds come from one seed; in the faulty one every fault stands in place of a good row. It is taken in and built
first, then reviewers repair each row from its clean twin and discard what contradicts an accepted row, and the next
build has to make good all that the faults had done.
"""

from __future__ import annotations

import csv
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from simulators.service import running
from simulators.world.making import make_world
from simulators.world.placing import Faults
from tests.dbt.town import build_figures
from tests.warehouses import new_warehouse
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract, contracts
from tidu.landing import land, pull
from tidu.ledger.proof import prove
from tidu.stack.postgres import Cluster
from tidu.transform import nothing_new
from tidu.validation import decisions, validate

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
AS_OF = dt.date(2025, 4, 30)
SIGNED = {"by": "审核员", "reason": "corrected by the department's letter"}
OWN = ("delivery_id", "row_no", "run_id", "built_at", "computed_at", "checked_at")
"""Columns that say where a row came from and when, not what it says."""
GIVEN_OUT = ("mart.enterprise_redirect", "mart.enterprise_change")
"""Remember ids once given out and what builds said, of the faulty state too; redirects are checked instead."""
Place = tuple[str, str, int]
Contents = dict[str, Counter[tuple[object, ...]]]


@contextmanager
def front_database(cluster: Cluster) -> Iterator[str]:
    """Yield the DSN of an empty front database of the tax department."""
    name = f"repaired_front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
        yield cluster.dsn(name)
        admin.execute(f"drop database {name} with (force)".encode())
        admin.execute(f"drop role if exists {name}_reader".encode())


def take_in(cluster: Cluster, home: Path, world: Path) -> None:
    """Pull, land and validate every dataset of a world over its real transports."""
    with front_database(cluster) as front, running(home / "departments", world, AS_OF, tax_dsn=front) as departments:
        addresses = departments.connections()
        for name, promised in contracts().items():
            with connector_for(promised, Endpoint.from_uri(addresses[promised.department])) as connector:
                pull(promised, connector, AS_OF, "run")
            land(name, "run")
            validate(name, "run", suite=False)


def contents(dsn: str) -> Contents:
    """Return the rows of every typed, mart and figure table, without what says where they came from."""
    with psycopg.connect(dsn) as connection:
        columns = connection.execute(
            "select table_schema || '.' || table_name, string_agg(quote_ident(column_name) || '::text', ', '"
            " order by ordinal_position) filter (where not column_name = any(%s))"
            " from information_schema.columns where table_schema in ('staging', 'mart')"
            " or table_name in ('int_monitoring__city_month', 'int_monitoring__district_month') group by 1",
            [list(OWN)],
        ).fetchall()
        return {
            table: Counter(connection.execute(f"select {names} from {table}".encode()).fetchall())
            for table, names in columns
            if table not in GIVEN_OUT
        }


def faults_of(world: Path) -> dict[Place, str]:
    with (world / "truth" / "faults.csv").open(encoding="utf-8", newline="") as lines:
        listed = {(r["dataset"], r["delivered_on"], int(r["row_no"])): r["rule"] for r in csv.DictReader(lines)}
    return {place: rule for place, rule in listed.items() if dt.date.fromisoformat(place[1]) <= AS_OF}


def twin(place: Place, faults: dict[Place, str], clean: Path) -> dict[str, str | None]:
    """Return the row of the clean world that stands where the fault does: conflicting rows are not counted there."""
    dataset, day, row_no = place
    before = sum(
        1 for (d, on, n), rule in faults.items() if (d, on) == (dataset, day) and n < row_no and rule == "row:conflict"
    )
    with (clean / dataset / f"{day}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: rows[row_no - before - 1][name] or None for name in contract(dataset).field_names}


def quarantined(dsn: str) -> dict[Place, int]:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select q.dataset, d.delivered_on::text, q.row_no, q.quarantine_id from ops.quarantine as q"
            " join ops.delivery as d using (delivery_id) where q.state = 'open'"
        ).fetchall()
    return {(dataset, day, row_no): number for dataset, day, row_no, number in found}


def made(tmp_path: Path, faults: Faults) -> Path:
    make_world(tmp_path / faults, 500, 4, 5, faults=faults)
    return tmp_path / faults


def test_marts_of_a_repaired_world_are_those_of_the_clean_one(
    cluster: Cluster, warehouse_template: str, tmp_path: Path
) -> None:
    clean, faulty = made(tmp_path, "none"), made(tmp_path, "in_place")
    with new_warehouse(cluster, warehouse_template, tmp_path / "clean_home") as dsn:
        take_in(cluster, tmp_path / "clean_home", clean)
        assert quarantined(dsn) == {}
        build_figures(str(AS_OF), "2025-01-01")
        expected = contents(dsn)
    assert len(expected) > 30
    assert sum(rows.total() for rows in expected.values()) > 5000

    with new_warehouse(cluster, warehouse_template, tmp_path / "faulty_home") as dsn:
        take_in(cluster, tmp_path / "faulty_home", faulty)
        faults, held = faults_of(faulty), quarantined(dsn)
        assert set(held) == set(faults)
        build_figures(str(AS_OF), "2025-01-01")
        before = contents(dsn)
        spoiled = [table for table in expected if before[table] != expected[table]]
        assert {"mart.enterprise", "staging.stg_ms_registration"} <= set(spoiled), "the faults do harm"

        conflicts = [held[place] for place, rule in faults.items() if rule == "row:conflict"]
        corrections = {
            held[place]: twin(place, faults, clean) for place, rule in faults.items() if rule != "row:conflict"
        }
        assert len(corrections) > 50
        decisions.discard(conflicts, **SIGNED)
        moved = decisions.repair(corrections, **SIGNED)
        assert {m.state for m in moved} == {"repaired"}
        assert prove() == []
        assert not nothing_new(AS_OF)
        assert build_figures(str(AS_OF), "2025-01-01")
        found = contents(dsn)
        differing = {
            table: (expected[table] - found[table], found[table] - expected[table])
            for table in expected
            if found[table] != expected[table]
        }
        assert differing == {}
        assert set(found) == set(expected)
        assert nothing_new(AS_OF)
        with psycopg.connect(dsn) as connection:
            held_back = connection.execute("select sum(rows_quarantined) from ops.row_ledger").fetchone()
            lost = connection.execute(
                "select r.new_enterprise_id from mart.enterprise_redirect as r"
                " left join mart.enterprise as e on e.enterprise_id = r.new_enterprise_id where e.enterprise_id is null"
            ).fetchall()
        assert (held_back, lost) == ((len(conflicts),), [])
