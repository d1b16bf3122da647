"""Every value of the master goes back to one raw row, and what others say stands beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import psycopg
import pytest

from simulators.world.making import make_world
from tests.dbt.town import deliver, take_in
from tests.warehouses import new_warehouse
from tidu.contracts import contracts
from tidu.stack.postgres import Cluster
from tidu.transform.survivorship import survivorship

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
TOLD = sorted({*survivorship().attributes, *survivorship().derived})
SHOP = {
    "taxpayer_no": "shop", "taxpayer_id": "370203800101002", "taxpayer_name": "无名小面馆",
    "updated_at": "2025-03-31T08:00:00",
}  # fmt: skip
MASTER = (
    "select enterprise_id, key as attribute, value from mart.enterprise as e"
    " cross join lateral jsonb_each_text(to_jsonb(e)) where value is not null and key = any(%s)"
)


@pytest.fixture(scope="module")
def world(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A made world without faults, every row of it accepted, and the master over it."""
    folder = tmp_path_factory.mktemp("world")
    make_world(folder, 250, 3, 11, faults="none")
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("home")) as dsn:
        seen: dict[str, set[object]] = {}
        for dataset in contracts():
            for path in sorted((folder / dataset).glob("*.csv")):
                with path.open(encoding="utf-8", newline="") as lines:
                    found = dict.fromkeys(tuple(row.items()) for row in csv.DictReader(lines))
                # a row that came before is a duplicate, except in an earlier snapshot
                again = seen.get(dataset, set()) if contracts()[dataset].mode != "snapshot" else set()
                fresh = [{k: v or None for k, v in row} for row in found if row not in again]
                deliver(dsn, dataset, path.stem, fresh)
                seen.setdefault(dataset, set()).update(found)
        deliver(dsn, "tx_taxpayer", "2025-03-31", [SHOP])
        take_in("2025-03-31", "2025-01-01")
        yield dsn


def rows(dsn: str, query: str, *arguments: object) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode(), arguments or None).fetchall()


def test_every_value_of_the_master_has_one_chosen_row_that_says_it(world: str) -> None:
    master = rows(world, MASTER, TOLD)
    chosen = rows(world, "select enterprise_id, attribute, value from mart.enterprise_provenance where is_chosen")
    assert {attribute for _, attribute, _ in master} == set(TOLD)
    assert len({e for e, _, _ in master}) > 250
    assert set(chosen) == set(master)
    assert len(chosen) == len(master)


def test_the_newest_version_of_the_register_is_chosen_of_the_registered(world: str) -> None:
    attributes = [a for a in survivorship().attributes if a not in ("status",)]
    older = rows(
        world,
        "select p.attribute, p.source_key from mart.enterprise_provenance as p"
        " join mart.enterprise as e using (enterprise_id)"
        " left join intermediate.int_ms_registration__current as c"
        " on (c.delivery_id, c.row_no) = (p.delivery_id, p.row_no) and p.dataset = 'ms_registration'"
        " where p.is_chosen and e.status <> '未登记' and p.attribute = any(%s) and c.entity_no is null",
        attributes,
    )
    assert older == []


def test_the_chosen_row_is_the_raw_row(world: str) -> None:
    found = rows(
        world,
        "select p.value, r.entity_name from mart.enterprise_provenance as p join raw.ms_registration as r"
        " using (delivery_id, row_no) where p.dataset = 'ms_registration' and p.attribute = 'name' and p.is_chosen",
    )
    assert len(found) > 200
    assert [pair for pair in found if pair[0] != pair[1]] == []


def test_losing_values_of_other_departments_and_older_versions_are_kept(world: str) -> None:
    losing = rows(
        world,
        "select dataset, count(*) from mart.enterprise_provenance"
        " where not is_chosen and attribute = 'name' group by 1",
    )
    assert {"ms_registration", "tx_taxpayer", "hr_insurance", "fn_loan"} <= {dataset for dataset, _ in losing}
    assert rows(
        world,
        "select count(*) from mart.enterprise_provenance as p join mart.enterprise as e using (enterprise_id)"
        " where p.attribute = 'name' and p.dataset = 'tx_taxpayer' and p.value <> e.name",
    ) > [(0,)]


def test_a_persons_number_is_no_organisations(world: str) -> None:
    claims = rows(world, "select attribute, value from mart.enterprise_provenance where source_key = 'shop'")
    assert ("name", SHOP["taxpayer_name"]) in claims
    assert "org_code" not in {attribute for attribute, _ in claims}


def test_one_enterprise_is_found_by_indexes_alone(world: str) -> None:
    with psycopg.connect(world) as connection:
        connection.execute("set enable_seqscan = off")
        plan = "\n".join(
            line
            for (line,) in connection.execute(
                "explain select * from mart.enterprise_provenance where enterprise_id = 'E0'"
            ).fetchall()
        )
    assert plan.count("Index") > 20
    assert "Seq Scan on stg_" not in plan
    assert "Seq Scan on enterprise" not in plan
