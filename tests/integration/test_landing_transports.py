"""Every transport, from running departments to raw rows: cell for cell what the world holds."""

from __future__ import annotations

import csv
import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from simulators.front_database import OpenKind
from simulators.publishing import Wishes
from simulators.rest_api import Behaviour
from simulators.service import Simulators, running
from tests.simulators.nasty import nasty_rows, write_csv
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract
from tidu.landing import land, pull
from tidu.stack.postgres import Cluster

PLAIN_DATASETS = ("ms_registration", "tx_payment", "hr_insurance", "mi_arrears", "st_district_indicator")
ALL_DATASETS = (*PLAIN_DATASETS, "fn_loan")
DAYS = ("2025-07-01", "2025-08-01")
AS_OF = dt.date(2025, 8, 31)


@pytest.fixture
def front(cluster: Cluster) -> Iterator[str]:
    """DSN of an empty front database of the tax department."""
    name = f"landing_front_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    yield cluster.dsn(name)
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")
        admin.execute(f"drop role if exists {name}_reader")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    folder = tmp_path / "world"
    for dataset in ALL_DATASETS:
        for day in DAYS:
            write_csv(folder / dataset / f"{day}.csv", list(contract(dataset).field_names), nasty_rows(dataset, 40))
    (folder / "world.yaml").write_text('city: "370200"\nstart: 2025-07-01\nend: 2025-08-31\n', encoding="utf-8")
    return folder


@pytest.fixture
def departments(tmp_path: Path, world: Path, front: str) -> Iterator[Simulators]:
    behaviour = Behaviour(token_seconds=0.5, throttle_every=4, retry_after_seconds=1, unavailable_every=3)
    with running(tmp_path / "departments", world, AS_OF, tax_dsn=front, behaviour=behaviour) as simulators:
        yield simulators


def take(simulators: Simulators, dataset: str, as_of: dt.date = AS_OF) -> tuple[int, int]:
    endpoint = Endpoint.from_uri(simulators.connections()[contract(dataset).department])
    with connector_for(contract(dataset), endpoint) as connector:
        received = pull(contract(dataset), connector, as_of, "run")
    return len(received), land(dataset, "run")


def raw_rows(warehouse: str, dataset: str) -> list[tuple[object, ...]]:
    fields = ", ".join(f'r."{name}"' for name in contract(dataset).field_names)
    with psycopg.connect(warehouse) as connection:
        return connection.execute(
            f"select d.delivered_on::text, r.row_no, {fields}, r._extra from raw.{dataset} r"
            " join ops.delivery d using (delivery_id) order by 1, 2"
        ).fetchall()


def world_rows(world: Path, dataset: str) -> list[tuple[object, ...]]:
    width = len(contract(dataset).fields)
    found: list[tuple[object, ...]] = []
    for day in DAYS:
        with (world / dataset / f"{day}.csv").open(encoding="utf-8", newline="") as handle:
            for number, cells in enumerate(list(csv.reader(handle))[1:], start=1):
                extra: dict[str, object] | None = None
                if len(cells) > width:
                    extra = {"__surplus__": cells[width:]}
                elif len(cells) < width:
                    extra = {"__missing__": width - len(cells)}
                padded = (cells + [""] * width)[:width]
                found.append((day, number, *(cell or None for cell in padded), extra))
    return found


@pytest.mark.parametrize("dataset", PLAIN_DATASETS)
def test_every_cell_arrives_as_it_was_sent(departments: Simulators, world: Path, warehouse: str, dataset: str) -> None:
    assert take(departments, dataset) == (2, 2)
    assert raw_rows(warehouse, dataset) == world_rows(world, dataset)
    assert take(departments, dataset) == (0, 0)


def test_a_workbook_gives_the_rows_of_the_world_in_their_places(
    departments: Simulators, world: Path, warehouse: str
) -> None:
    assert take(departments, "fn_loan") == (2, 2)
    names = contract("fn_loan").field_names
    texts = [i + 2 for i, name in enumerate(names) if contract("fn_loan").field(name).type in ("string", "code")]
    landed, sent = raw_rows(warehouse, "fn_loan"), world_rows(world, "fn_loan")
    assert [[row[i] for i in (0, 1, *texts)] for row in landed] == [[row[i] for i in (0, 1, *texts)] for row in sent]
    surplus = [(row[1], row[-1]) for row in landed if row[-1] is not None]
    assert surplus == [(9, {"__surplus__": ["surplus, one", "two\nlines"]})] * 2


def test_only_deliveries_up_to_the_date_are_taken_and_later_ones_follow(
    departments: Simulators, warehouse: str
) -> None:
    assert take(departments, "tx_payment", dt.date(2025, 7, 31)) == (1, 1)
    assert take(departments, "tx_payment") == (1, 1)


@pytest.mark.parametrize("kind", ["rows", "control"])
def test_a_sql_batch_that_is_not_complete_waits(
    departments: Simulators, world: Path, warehouse: str, kind: OpenKind
) -> None:
    departments.publish(world, AS_OF, Wishes(leave_open={f"tx_payment:{DAYS[1]}": kind}, rewrite_later=False))
    assert take(departments, "tx_payment") == (1, 1)
    departments.publish(world, AS_OF, Wishes(leave_open={}, rewrite_later=False))
    assert take(departments, "tx_payment") == (1, 1)


def test_a_zip_without_its_ok_waits(departments: Simulators, world: Path, warehouse: str) -> None:
    departments.publish(world, AS_OF, Wishes(leave_open={f"hr_insurance:{DAYS[1]}": "control"}))
    assert take(departments, "hr_insurance") == (1, 1)
    departments.publish(world, AS_OF)
    assert take(departments, "hr_insurance") == (1, 1)


def test_a_rewritten_sql_batch_is_a_new_delivery_that_repeats_the_first(
    departments: Simulators, world: Path, warehouse: str
) -> None:
    assert take(departments, "tx_payment") == (2, 2)
    departments.publish(world, AS_OF, Wishes(leave_open={}, rewrite=frozenset({f"tx_payment:{DAYS[0]}"})))
    assert take(departments, "tx_payment") == (1, 1)
    with psycopg.connect(warehouse) as connection:
        found = connection.execute(
            "select delivered_on::text, repeats_delivery_id, source_uri from ops.delivery order by delivery_id"
        ).fetchall()
    assert [row[:2] for row in found] == [(DAYS[0], None), (DAYS[1], None), (DAYS[0], 1)]
    assert len({row[2] for row in found}) == 3
    assert not any("@" in row[2] for row in found)


def optional(dataset: str) -> str:
    return next(f.name for f in contract(dataset).fields if not f.required and f.key_position is None)


def test_header_changes_mean_the_same_over_every_transport(
    departments: Simulators, tmp_path: Path, warehouse: str
) -> None:
    world = tmp_path / "drifting"
    for dataset in ALL_DATASETS:
        names = list(contract(dataset).field_names)
        rows = [["x"] * len(names)] * 3
        write_csv(world / dataset / "2025-07-01.csv", names, rows)
        write_csv(world / dataset / "2025-07-02.csv", names[1:], [row[1:] for row in rows])
        write_csv(
            world / dataset / "2025-07-03.csv",
            [*(n for n in names if n != optional(dataset)), "备注"],
            [[*row[1:], "急"] for row in rows],
        )
    departments.publish(world, AS_OF)
    for dataset in ALL_DATASETS:
        assert take(departments, dataset) == (3, 2), dataset
        first = contract(dataset).fields[0]
        with psycopg.connect(warehouse) as connection:
            found = connection.execute(
                "select state, reject_reason, drift -> 'extra', drift -> 'missing', rows_delivered from ops.delivery"
                " where dataset = %s order by delivered_on",
                [dataset],
            ).fetchall()
            extras = connection.execute(f"select distinct _extra from raw.{dataset}").fetchall()
        assert found[0] == ("loaded", None, [], [], 3)
        assert found[1][0] == "rejected"
        assert f"required column missing: {first.heading} ({first.name})" in found[1][1]
        assert found[2] == ("loaded", None, ["备注"], [optional(dataset)], 3)
        assert {str(extra) for (extra,) in extras} == {"None", "{'备注': '急'}"}
