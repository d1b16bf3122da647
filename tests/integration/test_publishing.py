"""Releases: one transaction, identities kept by the database, immutable, approved by a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import build_figures, deliver, take_in, uscc
from tests.integration.released_town import AS_OF, EMPLOYERS, build_town, count
from tests.warehouses import new_warehouse
from tidu.errors import ReleaseBlocked, TiduError
from tidu.ledger.database import connect
from tidu.publishing import approve, is_released, publish, release, releases
from tidu.publishing.manifest import digest, tables
from tidu.stack.postgres import Cluster
from tidu.transform import build

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def built(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a warehouse with monitoring figures of three months, not yet released; tests copy it."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("built")) as dsn:
        build_town(dsn)
        yield dsn.rsplit("/", 1)[1]


@pytest.fixture
def figures(cluster: Cluster, built: str, tmp_path: Path) -> Iterator[str]:
    """DSN of a fresh copy of the built warehouse, with the approver of `make run`."""
    with new_warehouse(cluster, built, tmp_path) as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_RELEASE_APPROVER", "李四")
        yield dsn


def test_a_release_is_published_with_its_decision_and_manifest(figures: str) -> None:
    number = publish(AS_OF, "run-1")
    assert number
    found = release(number)
    assert (found.period, found.as_of, found.state, found.approved_by) == ("2025-03", AS_OF, "published", "李四")
    assert found.manifest_sha256 == digest(found.manifest)
    assert found.manifest["tables"]["city_monthly"]["rows"] == count(
        figures, "select count(*) from publish.city_monthly"
    )
    assert len(found.manifest["deliveries"]) == 4
    with connect() as connection:
        decision = connection.execute(
            "select kind, subject, decided_by, evidence_sha256, state from ops.decision"
        ).fetchall()
        stage = connection.execute(
            "select stage, state, rows_out > 0 from ops.stage_run where run_id = 'run-1'"
        ).fetchall()
    assert decision == [("release", str(number), "李四", found.manifest_sha256, "active")]
    assert stage == [("release", "success", True)]
    assert count(figures, "select count(*) from publish.district_monthly_latest") == count(
        figures, "select count(*) from intermediate.int_monitoring__district_month"
    )


def test_the_same_inputs_give_no_second_release(figures: str) -> None:
    assert publish(AS_OF, "run-1")
    before = count(figures, "select sum(hashtext(r::text)) from ops.release r")
    assert publish(AS_OF, "run-2") is None
    assert count(figures, "select sum(hashtext(r::text)) from ops.release r") == before
    assert count(figures, "select count(*) from ops.stage_run where run_id = 'run-2' and state = 'skipped'") == 1


def test_a_new_delivery_gives_a_new_release(figures: str) -> None:
    first = publish(AS_OF, "run-1")
    deliver(figures, "hr_insurance", "2025-04-02", [
        {"employer_no": "P1", "employer_name": "青岛第1贸易有限公司", "uscc": uscc(1), "month": "2025-03", "version": 2,
         "insured_headcount": 100}])  # fmt: skip
    build_figures(str(AS_OF))
    second = publish(AS_OF, "run-2")
    assert first and second and second > first
    headcount = (
        "select value from publish.city_monthly_latest where indicator_code = 'insured_headcount'"
        " and period = '2025-03' and scope = 'all' and breakdown = ''"
    )
    assert count(figures, headcount) == sum(EMPLOYERS) + 99
    assert [r.release_id for r in releases()] == [second, first]


def test_a_release_can_be_told_from_its_manifest_alone(figures: str) -> None:
    number = publish(AS_OF, "run-1")
    assert number
    with connect() as connection:
        assert tables(connection, number) == release(number).manifest["tables"]


DISTRICT, CITY = "intermediate.int_monitoring__district_month", "intermediate.int_monitoring__city_month"
DAMAGES = {
    f"update {DISTRICT} set value = value + 1 where district_code = '370202' and indicator_code = 'insured_headcount'"
    " and period = '2025-02' and scope = 'all'": "city = sum of districts",
    f"update {CITY} set value = value - 1 where indicator_code = 'enterprises' and period = '2025-01'"
    " and scope = 'private' and breakdown_value = 'F'": "city = sum of districts",
    f"delete from {CITY} where indicator_code = 'tech_smes'": "city = sum of districts",
    f"delete from {DISTRICT} where district_code = '370285' and indicator_code = 'loan_balance_yuan'"
    " and period = '2025-02'": "every cell of the grid is there",
    f"update {CITY} set ytd = 1 where indicator_code = 'market_entities' and period = '2025-02'"
    " and scope = 'all' and breakdown = ''": "a stock or a rate has no year to date",
    f"update {DISTRICT} set ytd = ytd + 1 where indicator_code = 'new_entities' and period = '2025-02'"
    " and scope = 'all' and district_code = '370202'": "the year to date is the sum of its months",
    f"delete from {CITY} where indicator_code = 'insured_headcount' and breakdown = 'size_class'"
    " and period = '2025-02'": "every month is there",
    "update intermediate.int_monitoring__stock_movement set opening = opening + 1, closing = closing + 1"
    " where district_code = '370203' and period = '2025-02'": "stock = moves of the stock",
    f"with bent as (update {CITY} set value = value - 9 where indicator_code = 'enterprises' and period = '2025-01'"
    " and scope = 'all' and breakdown = '')"
    f" update {DISTRICT} set value = value - 9 where indicator_code = 'enterprises' and period = '2025-01'"
    " and scope = 'all' and breakdown = '' and district_code = '370202'": "breakdown = total",
}


@pytest.mark.parametrize(("damage", "identity"), DAMAGES.items(), ids=list(DAMAGES.values()))
def test_a_broken_identity_blocks_and_leaves_nothing(figures: str, damage: str, identity: str) -> None:
    with psycopg.connect(figures) as connection:
        assert connection.execute(damage.encode()).rowcount > 0
    with pytest.raises(ReleaseBlocked, match=identity):
        publish(AS_OF, "run-1")
    for table in (
        "ops.release",
        "ops.decision",
        "publish.city_monthly",
        "publish.district_monthly",
        "publish.indicator",
    ):
        assert count(figures, f"select count(*) from {table}") == 0
    assert count(figures, "select count(*) from ops.stage_run where run_id = 'run-1' and state = 'failed'") == 1


def test_nothing_of_a_published_release_can_change(figures: str) -> None:
    assert publish(AS_OF, "run-1")
    statements = (
        "update publish.city_monthly set value = 1",
        "delete from publish.district_monthly where period = '2025-01'",
        "truncate publish.city_monthly",
        "update publish.indicator set definition = 'x'",
        "update publish.stock_movement set district_code = 'x' || district_code",
        "insert into publish.stock_movement select release_id, '2024-12', district_code, opening, entered, moved_in,"
        " departed, left_city, moved_out, closing, new_entities, closed_entities, other_change"
        " from publish.stock_movement where period = '2025-01'",
        "update ops.release set manifest_sha256 = 'x'",
        "update ops.release set period = '2025-02'",
        "update ops.release set approved_by = 'somebody'",
        "update ops.release set state = 'draft'",
        "delete from ops.release",
    )
    for statement in statements:
        with psycopg.connect(figures) as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute(statement.encode())
        assert refused.value.sqlstate == "TD002", statement


def test_a_draft_is_checked_as_strictly(figures: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDU_RELEASE_APPROVER", "")
    with psycopg.connect(figures) as connection:
        connection.execute(
            "update intermediate.int_monitoring__city_month set value = 1 where indicator_code = 'tech_smes'"
        )
    with pytest.raises(ReleaseBlocked, match="city = sum of districts"):
        publish(AS_OF, "run-1")
    assert releases() == []


def test_without_an_approver_a_release_waits_as_draft(figures: str) -> None:
    number = publish(AS_OF, "run-1", approver=" ")
    assert number and release(number).state == "draft"
    assert count(figures, "select count(*) from publish.city_monthly_latest") == 0
    assert publish(AS_OF, "run-2") is None
    approve(number, "王五", "合计数已核对")
    assert (release(number).state, release(number).approved_by) == ("published", "王五")
    assert count(figures, "select count(*) from publish.city_monthly_latest") > 0
    assert count(figures, "select count(*) from ops.decision where kind = 'release' and decided_by = '王五'") == 1
    with pytest.raises(TiduError, match="only a draft"):
        approve(number, "王五")


def test_the_database_itself_refuses_to_publish_what_does_not_add_up(
    figures: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDU_RELEASE_APPROVER", "")
    number = publish(AS_OF, "run-1")
    assert number
    with psycopg.connect(figures) as connection:
        connection.execute("update publish.district_monthly set value = value + 1 where district_code = '370202'")
    with pytest.raises(ReleaseBlocked, match="city = sum of districts"):
        approve(number, "王五")
    with psycopg.connect(figures) as connection, pytest.raises(psycopg.Error, match="city = sum of districts"):
        connection.execute("update ops.release set state = 'published', approved_by = 'x', approved_at = now()")
    assert release(number).state == "draft"


def test_an_approval_needs_a_draft_and_a_name(figures: str) -> None:
    number = publish(AS_OF, "run-1")
    assert number
    with pytest.raises(TiduError, match="no release 999"):
        approve(999, "王五")
    with pytest.raises(TiduError, match="name"):
        approve(number, " ")


def test_figures_of_another_date_are_not_released(figures: str) -> None:
    with pytest.raises(ReleaseBlocked, match="built as of 2025-04-02"):
        publish(dt.date(2025, 4, 3), "run-1")


def test_before_the_first_complete_month_there_is_no_release(figures: str) -> None:
    build_figures("2025-01-31")
    assert publish(dt.date(2025, 1, 31), "run-1") is None


def test_without_figures_there_is_no_release(warehouse: str) -> None:
    with pytest.raises(TiduError, match="build the stage monitor first"):
        publish(AS_OF, "run-1")


def test_a_delivery_accepted_after_the_figures_were_made_is_new_to_the_next(figures: str) -> None:
    variables = {"as_of": str(AS_OF), "series_start": ""}
    loans = [{"loan_no": str(n), "borrower_name": f"青岛第{n}贸易有限公司", "balance_wan": 1} for n in range(1, 11)]
    deliver(figures, "fn_loan", "2025-03-28", loans)
    build("monitor", "run-1", variables)
    # the master takes it in between figures and release
    take_in(str(AS_OF), run_id="run-2")
    balance = ("select count(*) from publish.city_monthly_latest where indicator_code = 'loan_balance_yuan'"
               " and period = '2025-03' and scope = 'all' and breakdown = '' and cell_status")  # fmt: skip
    assert publish(AS_OF, "run-1")
    assert count(figures, f"{balance} = 'incomplete' and value is null") == 1
    build("monitor", "run-2", variables)
    assert publish(AS_OF, "run-2")
    assert count(figures, f"{balance} = 'published' and value = 100000") == 1


def test_a_delivery_refused_after_the_figures_were_made_is_new_to_the_next(figures: str) -> None:
    refused = deliver(figures, "mi_tier_holder", "2025-03-10", state="rejected")
    number = publish(AS_OF, "run-1")
    assert number
    named = {d["delivery_id"] for d in release(number).manifest["deliveries"]}
    assert named
    assert refused not in named, "its figures do not say that it is missing"
    status = (
        "select cell_status from publish.city_monthly_latest where indicator_code = 'tier_holders' and scope = 'all'"
        " and period = '2025-03' and breakdown = ''"
    )
    with psycopg.connect(figures) as connection:
        assert connection.execute(status.encode()).fetchone() == ("published",)
    assert not is_released(AS_OF), "the next run makes figures that do"
    build("monitor", "run-2", {"as_of": str(AS_OF), "series_start": ""})
    again = publish(AS_OF, "run-2")
    assert again
    assert {d["delivery_id"]: d["state"] for d in release(again).manifest["deliveries"]}[refused] == "rejected"
    with psycopg.connect(figures) as connection:
        assert connection.execute(status.encode()).fetchone() == ("incomplete",)
    assert is_released(AS_OF)
