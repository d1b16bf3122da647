"""Records become enterprises: the same result however often, and in however many steps, it is built."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import deliver, uscc
from tests.warehouses import new_warehouse
from tidu.contracts import contracts
from tidu.errors import TiduError
from tidu.stack.postgres import Cluster
from tidu.transform import begin_build, build, finish_build, nothing_new
from tidu.transform.runner import invoke

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
AS_OF = "2026-06-30"
VARIABLES = {"as_of": AS_OF, "series_start": "2025-01-01"}
ALPHA, BETA, GAMMA = uscc(1), uscc(2), uscc(3)
REMEMBERED = ("mart.enterprise_redirect", "intermediate.int_enterprise__id_minted")
TABLES = (
    "staging.stg_ms_registration", "staging.stg_tx_vat_return", "staging.stg_fn_loan", "mart.enterprise",
    "mart.enterprise_year", "mart.enterprise_month", "mart.enterprise_xref",
    "intermediate.int_enterprise__status_span", "intermediate.int_enterprise__district_span",
    "intermediate.int_enterprise__scope", *REMEMBERED,
)  # fmt: skip


def registration(
    number: str, name: str, code: str, updated_at: str = "2025-01-01T08:00:00", **more: object
) -> dict[str, object]:
    return {
        "entity_no": number, "entity_name": name, "uscc": code, "entity_category": "企业", "holding_type": "私人控股",
        "established_on": "2020-01-01", "reg_status": "存续", "district_code": "370205", "industry_code": "C3511",
        "updated_at": updated_at, **more,
    }  # fmt: skip


def taxpayer(number: str, code: str, name: str) -> dict[str, object]:
    return {"taxpayer_no": number, "taxpayer_id": code, "taxpayer_name": name, "updated_at": "2025-01-01T08:00:00"}


def vat_return(version: int, sales: str) -> dict[str, object]:
    return {
        "taxpayer_no": "t1", "period": "2025-01", "version": version, "sales_yuan": sales,
        "updated_at": f"2025-0{version}-10T08:00:00",
    }  # fmt: skip


def january(dsn: str) -> None:
    alpha = registration("1", "青岛甲机械有限公司", ALPHA, registered_capital_wan="100", currency="CNY")
    beta = registration(
        "2", "青岛乙食品有限公司", BETA, former_names="青岛旧名有限公司；青岛更旧有限公司",
        registered_capital_wan="7", currency="USD",
    )  # fmt: skip
    deliver(dsn, "ms_registration", "2025-01-10", [alpha, beta])
    deliver(
        dsn,
        "tx_taxpayer",
        "2025-01-10",
        [taxpayer("t1", "370202" + ALPHA[8:17], "甲"), taxpayer("t2", GAMMA, "青岛丙贸易有限公司")],
    )
    deliver(dsn, "tx_vat_return", "2025-02-15", [vat_return(1, "10.5")])
    loans = [
        {"loan_no": "l1", "borrower_name": "青岛 旧名有限公司", "balance_wan": "1.5"},
        {"loan_no": "l2", "borrower_name": "谁也不认识的有限公司", "balance_wan": "2"},
    ]
    deliver(dsn, "fn_loan", "2025-02-05", loans)


def february(dsn: str) -> None:
    ended = registration(
        "1", "青岛甲机械有限公司", ALPHA, "2025-02-18T08:00:00", reg_status="注销", status_on="2025-02-17"
    )
    gamma = registration("3", "青岛丙贸易有限公司", GAMMA, "2025-02-18T08:00:00", district_code="371002")
    deliver(dsn, "ms_registration", "2025-02-20", [ended, gamma])
    deliver(dsn, "tx_vat_return", "2025-03-15", [vat_return(2, "20")])
    deliver(
        dsn, "fn_loan", "2025-03-05", [{"loan_no": "l2", "borrower_name": "谁也不认识的有限公司", "balance_wan": "1"}]
    )


def build_master() -> None:
    begin_build("test")
    for stage in ("stage", "link", "mart"):
        build(stage, "test", VARIABLES)
    finish_build("test")


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def contents(dsn: str) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(rows(dsn, f"select t::text from {table} as t"), key=str) for table in TABLES}


@pytest.fixture(scope="module")
def stepwise(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A warehouse built after January's deliveries and again after February's."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("stepwise")) as dsn:
        january(dsn)
        build_master()
        february(dsn)
        build_master()
        yield dsn


def test_the_rules_that_decide_figures_hold(stepwise: str) -> None:
    # those of the figures need the tables of their stage: tests/dbt/test_monitoring.py
    nodes = invoke(["test", "--select", "test_type:unit"], VARIABLES)
    assert len(nodes) >= 15
    assert {n.node: n.message for n in nodes if n.status != "pass"} == {}


def test_a_second_build_changes_nothing(stepwise: str) -> None:
    before = contents(stepwise)
    assert all(before[t] for t in TABLES)
    build_master()
    assert contents(stepwise) == before


def test_building_in_steps_equals_building_at_once(
    stepwise: str, cluster: Cluster, warehouse_template: str, tmp_path: Path
) -> None:
    in_steps = contents(stepwise)
    with new_warehouse(cluster, warehouse_template, tmp_path) as dsn:
        january(dsn)
        february(dsn)
        build_master()
        at_once = contents(dsn)
    derived = [t for t in TABLES if t not in REMEMBERED]
    assert {t: in_steps[t] for t in derived} != {}
    delivery_free = [t for t in derived if not t.startswith("staging")]
    assert {t: in_steps[t] for t in delivery_free} == {t: at_once[t] for t in delivery_free}
    assert {t: len(in_steps[t]) for t in derived} == {t: len(at_once[t]) for t in derived}


def test_records_are_tied_by_old_tax_number_former_name_and_code(stepwise: str) -> None:
    assert dict(rows(stepwise, "select dataset || ' ' || source_key, method from mart.enterprise_xref")) == {
        "ms_registration 1": "minted", "ms_registration 2": "minted", "ms_registration 3": "minted",
        "tx_taxpayer t1": "org_code", "tx_taxpayer t2": "uscc", "tx_vat_return t1|2025-01|1": "org_code",
        "tx_vat_return t1|2025-01|2": "org_code", "fn_loan l1": "name_exact", "fn_loan l2": "minted",
    }  # fmt: skip


def test_the_master_shows_registered_and_unregistered_enterprises(stepwise: str) -> None:
    found = rows(
        stepwise,
        "select name, status, closed_on, district_code, registered_capital_yuan, registered_capital_amount, sources"
        " from mart.enterprise",
    )
    assert sorted(found, key=str) == sorted([
        ("青岛甲机械有限公司", "注销", date(2025, 2, 17), "370203", None, None,
         ["ms_registration", "tx_taxpayer", "tx_vat_return"]),
        ("青岛乙食品有限公司", "存续", None, "370203", None, 70_000, ["fn_loan", "ms_registration"]),
        ("青岛丙贸易有限公司", "存续", None, "370299", None, None, ["ms_registration", "tx_taxpayer"]),
        ("谁也不认识的有限公司", "未登记", None, "370299", None, None, ["fn_loan"]),
    ], key=str)  # fmt: skip


def test_an_id_given_out_before_the_registration_keeps_resolving(stepwise: str) -> None:
    found = rows(
        stepwise,
        "select e.name, r.cause, r.on_date from mart.enterprise_redirect as r"
        " join mart.enterprise as e on e.enterprise_id = r.new_enterprise_id",
    )
    assert found == [("青岛丙贸易有限公司", "merge", date.fromisoformat(AS_OF))]


def test_the_ledger_knows_every_node_and_stage_of_a_build(stepwise: str) -> None:
    nodes = dict(rows(stepwise, "select node, status from ops.dbt_node_run where stage = 'stage'"))
    assert {f"model.tidu.stg_{d}" for d in contracts()} <= set(nodes)
    assert {"stage", "link", "mart"} == {s for (s,) in rows(stepwise, "select distinct stage from ops.stage_run")}


def test_with_nothing_new_there_is_nothing_to_build(stepwise: str) -> None:
    assert nothing_new(date.fromisoformat(AS_OF))
    assert not nothing_new(date(2026, 7, 1))


def test_a_build_that_fails_names_the_model_and_can_be_run_again(warehouse: str) -> None:
    deliver(warehouse, "ms_registration", "2025-01-10", [registration("1", "青岛甲机械有限公司", ALPHA)])
    begin_build("test")
    build("stage", "test", VARIABLES)
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("alter table staging.stg_ms_registration rename column entity_name to lost")
    with pytest.raises(TiduError, match=r"(?s)int_identity__registered_name.*entity_name"):
        build("link", "test", VARIABLES)
    assert not nothing_new(date.fromisoformat(AS_OF))
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute("alter table staging.stg_ms_registration rename column lost to entity_name")
    build_master()
    assert rows(warehouse, "select count(*) from mart.enterprise") == [(1,)]


def test_a_stage_is_refused_without_a_business_date(warehouse: str) -> None:
    with pytest.raises(TiduError, match="business date"):
        build("stage", "test")


def test_a_date_that_is_none_is_refused_before_dbt_runs(warehouse: str) -> None:
    for variables in ({"as_of": "2025-02-30"}, {"as_of": AS_OF, "series_start": "2025-01-01 -c role=postgres"}):
        with pytest.raises(TiduError, match="dates are YYYY-MM-DD"):
            build("stage", "test", variables)
    assert rows(warehouse, "select count(*) from ops.dbt_node_run") == [(0,)]
