"""`tidu evaluate` against a real warehouse that holds exactly the truth, and against one that does not."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import psycopg
import pytest
from typer.testing import CliRunner

from simulators.world.truth import compute
from tidu.cli import build

pytestmark = pytest.mark.postgres
FIRST = "quarantine_id = (select min(quarantine_id) from ops.quarantine)"


@pytest.fixture
def held(world: Path, warehouse: str) -> str:
    """A warehouse filled with the truth of the small world, straight into its tables."""
    truth = compute(world)
    with psycopg.connect(warehouse) as connection:
        connection.execute(
            "create table mart.enterprise_xref (dataset text, source_key text, enterprise_id text, method text)"
        )
        copy(connection, "mart.enterprise_xref (dataset, source_key, enterprise_id)", truth.links)
        deliveries = truth.row_outcomes.with_row_index("delivery_id", offset=1)
        connection.execute(
            "create temporary table told (id int, dataset text, day date, n int, a int, q int, d int, s int)"
        )
        copy(connection, "told", deliveries)
        connection.execute(
            "insert into ops.delivery (delivery_id, dataset, delivered_on, transport, source_uri, sha256, bytes,"
            " rows_delivered, state, contract_version, landed_uri) overriding system value"
            " select id, dataset, day, 'folder_csv', dataset || day, '', 0, n, 'accepted', '1', '' from told"
        )
        connection.execute("insert into ops.row_ledger select id, dataset, n, a, q, d, s, 0, 0, 0, 0, 0 from told")
        connection.execute("create temporary table bad (dataset text, day date, row_no int, rule text)")
        copy(connection, "bad", truth.faults)
        connection.execute(
            "insert into ops.quarantine (delivery_id, dataset, row_no, source_key, payload, rules)"
            " select id, dataset, row_no, '', '{}', array[rule, 'another:rule'] from bad join told using (dataset, day)"
        )
        connection.execute("drop view publish.city_monthly_latest, publish.district_monthly_latest")
        for table in ("city", "district"):
            connection.execute(
                f"create table publish.{table}_monthly_latest (period text, district_code text, indicator_code text,"
                " scope text, breakdown text, breakdown_value text, value numeric,"
                " cell_status text default 'published')"
            )
        city = pl.col("district_code") == "370200"
        copy(connection, f"publish.city_monthly_latest ({CELL})", truth.monthly.filter(city))
        copy(connection, f"publish.district_monthly_latest ({CELL})", truth.monthly.filter(~city))
    return warehouse


CELL = "period, district_code, indicator_code, scope, breakdown, breakdown_value, value"


def copy(connection: psycopg.Connection, table: str, frame: pl.DataFrame) -> None:
    with connection.cursor().copy(f"copy {table} from stdin") as out:  # type: ignore[arg-type]
        for row in frame.iter_rows():
            out.write_row(row)


def evaluated(world: Path) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(build(), ["evaluate", "--truth", str(world / "truth"), "--strict", "--json"])
    return done.exit_code, json.loads(done.output)


def test_the_truth_itself_is_sound(world: Path, held: str) -> None:
    code, report = evaluated(world)
    assert (code, report["sound"]) == (0, True)
    assert report["linkage"]["pairs"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert report["cells"]["compared"] > 5000


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (f"delete from ops.quarantine where {FIRST}", "fault_differences"),
        (f"update ops.quarantine set rules = '{{nothing:fits}}' where {FIRST}", "fault_differences"),
        (
            "update ops.row_ledger set rows_accepted = rows_accepted - 1, rows_duplicate = rows_duplicate + 1"
            " where delivery_id = 1",
            "row_count_differences",
        ),
    ],
)
def test_damage_is_found(world: Path, held: str, damage: str, where: str) -> None:
    with psycopg.connect(held) as connection:
        connection.execute(damage)  # type: ignore[arg-type]
    code, report = evaluated(world)
    assert (code, report["sound"], len(report[where])) == (1, False, 1)


def test_a_wrong_cell_and_a_wrong_merge_are_found(world: Path, held: str) -> None:
    with psycopg.connect(held) as connection:
        connection.execute(
            "update publish.city_monthly_latest set value = value + 0.01"
            " where (period, indicator_code, scope, breakdown) = ('2025-03', 'sales_yuan', 'all', '')"
        )
    code, report = evaluated(world)
    assert code == 1
    assert len(report["cells"]["differences"]) == 1
    with psycopg.connect(held) as connection:
        connection.execute("update mart.enterprise_xref set enterprise_id = 'one' where dataset = 'tx_payment'")
    code, report = evaluated(world)
    assert code == 1
    assert report["linkage"]["pairs"]["precision"] < 0.9


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(build(), ["evaluate", "--truth", str(tmp_path)])
    assert done.exit_code == 1
    assert "xref.csv is missing" in str(done.exception)


def test_a_warehouse_without_a_build_is_said_to_have_none(world: Path, warehouse: str) -> None:
    done = CliRunner().invoke(build(), ["evaluate", "--truth", str(world / "truth")])
    assert done.exit_code == 1
    assert "nothing is built yet" in str(done.exception)
