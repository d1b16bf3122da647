"""A release made again from the landed files its manifest names, hash for hash, whatever happened since."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.dbt.town import build_figures, take_in, uscc
from tests.integration.released_town import AS_OF, DISTRICTS, insured
from tests.integration.settlement_scenarios import arrears
from tests.integration.test_rebuild import SIGNED, number, settle
from tests.serving import reported_town
from tests.warehouses import new_warehouse
from tidu.errors import TiduError
from tidu.publishing import publish, release, reproduction, republish
from tidu.publishing import withdraw as withdraw_release
from tidu.publishing.reproduction import reproduce
from tidu.settings import settings
from tidu.stack.postgres import Cluster
from tidu.transform import build
from tidu.validation import decisions
from tidu.validation.deliveries import withdraw

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]


def registered(n: int, **other: str) -> dict[str, Any]:
    return {
        "entity_no": f"N{n}", "uscc": uscc(n), "entity_name": f"青岛第{n}贸易有限公司", "entity_category": "企业",
        "reg_type_code": "171", "reg_status": "存续", "established_on": "2024-10-11", "district_code": DISTRICTS[n % 3],
        "industry_code": "F5191", "updated_at": "2024-12-30T08:00:00", **other,
    }  # fmt: skip


@pytest.fixture(scope="module")
def town(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two releases of real files, with rows held back and let in by decision, and a delivery taken back in between."""
    sent = tmp_path_factory.mktemp("sent")
    home = tmp_path_factory.mktemp("reproduced")
    with new_warehouse(cluster, warehouse_template, home) as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_RELEASE_APPROVER", "李四")
        mistyped = {**registered(10), "registered_capital_wan": "-1"}
        first = settle("ms_registration", "2025-01-01", [*(registered(n) for n in range(1, 10)), mistyped], sent)
        for month, due in (("2025-01", "2025-02-03"), ("2025-02", "2025-03-03"), ("2025-03", "2025-04-01")):
            settle("hr_insurance", due, [insured(n, month, n) for n in range(1, 10)], sent)
        owed = settle("mi_arrears", "2025-02-01", [arrears("7"), {**arrears("-5"), "complaint_no": "C2"}], sent)
        with psycopg.connect(dsn, autocommit=True) as connection:
            decisions.waive([number(connection, owed, 2), number(connection, first, 10)], **SIGNED)
            build_figures(str(AS_OF))
            assert publish(AS_OF, "run-1") == 1
            # what comes later must not be in the first release made again
            wrong = settle("hr_insurance", "2025-04-02", [insured(1, "2025-03", 900, 2)], sent)
            settle("ms_registration", "2025-04-02", [registered(2, reg_status="注销", status_on="2025-03-05",
                                                                updated_at="2025-04-01T08:00:00")], sent)  # fmt: skip
            decisions.repair({number(connection, owed, 2): {"amount_wan": "3"}}, **SIGNED)
            build_figures(str(AS_OF), run_id="town-2")
            assert publish(AS_OF, "run-2") == 2
            withdraw(wrong, **SIGNED)
            build_figures(str(AS_OF), run_id="town-3")
            assert publish(AS_OF, "run-3") == 3
        yield dsn


@pytest.fixture
def scratch(cluster: Cluster) -> Iterator[str]:
    """An empty database, of a superuser."""
    name = f"scratch_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
        yield cluster.dsn(name)
        admin.execute(f"drop database {name} with (force)".encode())


def everything(dsn: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return [
            connection.execute(f"select t::text from {table} as t order by 1".encode()).fetchall()
            for table in ("ops.delivery", "ops.decision", "ops.quarantine", "ops.release", "ops.release_event_log",
                          "publish.city_monthly", "raw.hr_insurance")
        ]  # fmt: skip


@pytest.mark.parametrize("release_id", [1, 2, 3])
def test_a_release_comes_out_byte_for_byte_whatever_came_later(town: str, scratch: str, release_id: int) -> None:
    assert len({release(n).manifest["tables"]["city_monthly"]["sha256"] for n in (1, 2, 3)}) == 3
    before = everything(town)
    result = reproduce(release_id, scratch)
    assert result.other == []
    assert {"city_monthly", "district_monthly", "indicator", "stock_movement"} <= set(result.same)
    assert {"manifest.json", "city_monthly.parquet", "release.xlsx", "sdmx_monthly.csv"} <= set(result.same)
    assert len(result.same) == 7 + 19
    assert everything(town) == before
    assert settings().warehouse_dsn() == town


def test_a_release_shown_again_comes_out_too(town: str, scratch: str) -> None:
    withdraw_release(3, "王五", "有误")
    again = republish(3, "赵六", "无误")
    result = reproduce(again, scratch)
    assert result.other == []
    assert "release.xlsx" in result.same


def test_a_release_that_counts_candidates_comes_out_too(
    cluster: Cluster, warehouse_template: str, tmp_path: Path, scratch: str
) -> None:
    """Who was in the seed pool on earlier dates is taken over; who is in it on the release's own date is found anew."""
    sent = tmp_path / "sent"
    sent.mkdir()
    with (
        new_warehouse(cluster, warehouse_template, tmp_path / "assessed") as dsn,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(reported_town, "deliver", lambda _, dataset, day, rows: settle(dataset, day, rows, sent))
        reported_town.build_town(dsn)
        released("2026-06-30", "run-1")
        given = reported_town.title("TD7", "专精特新小巨人", reported_town.WHOLE, "2029-07-01")
        settle("mi_tier_holder", "2026-07-15", [{**given, "awarded_on": "2026-07-01"}], sent)
        for number, as_of in ((2, "2026-07-31"), (3, "2026-08-31")):
            take_in(as_of, "2026-01-01", f"run-{number}", until="tier")
            released(as_of, f"run-{number}")
        with psycopg.connect(dsn) as connection:
            pool = connection.execute("select count(*), count(until) from mart.tier_pool").fetchall()
        assert pool[0][0] > pool[0][1] > 0, "who was given the title left the pool, others are in it"
        assert release(2).manifest["assessed_on"] == ["2026-06-30", "2026-07-31"]
        result = reproduce(2, scratch)
    assert result.other == []
    assert "city_monthly" in result.same


def released(as_of: str, run_id: str) -> None:
    build("monitor", run_id, {"as_of": as_of, "series_start": "2026-01-01"})
    assert publish(dt.date.fromisoformat(as_of), run_id, "李四")


def test_other_figures_than_the_deliveries_give_are_found(
    town: str, scratch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables made again are compared, not taken over: a decision left out shows."""
    taken_over = reproduction._take_over

    def forgetful(*given: Any) -> None:
        taken_over(*given)
        given[1].execute("delete from ops.decision")

    monkeypatch.setattr(reproduction, "_take_over", forgetful)
    result = reproduce(1, scratch)
    assert "city_monthly" in result.other
    assert "city_monthly.csv" in result.other
    assert "indicator" in result.same


def test_other_rules_are_refused_by_name(town: str, scratch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now, contracts = reproduction.rules(), reproduction.contracts_now()
    monkeypatch.setattr(reproduction, "rules", lambda: {**now, "code_sha256": "f" * 64})
    monkeypatch.setattr(
        reproduction, "contracts_now", lambda: {**contracts, "fn_loan": {"version": "9", "sha256": "f"}}
    )
    with pytest.raises(TiduError, match=r"plugins/tidu/ \(\w{12} then, f{12} now\); contract of fn_loan"):
        reproduce(1, scratch)


def test_a_landed_file_that_is_gone_or_changed_is_refused_by_name(town: str, scratch: str) -> None:
    with psycopg.connect(town) as connection:
        (uri,) = connection.execute("select landed_uri from ops.delivery where dataset = 'mi_arrears'").fetchone() or (
            "",
        )
    path = Path(settings().landing_url) / uri
    content = path.read_bytes()
    path.chmod(0o640)
    path.write_bytes(content + b"\n")
    with pytest.raises(TiduError, match="has changed since it was received"):
        reproduce(1, scratch)
    path.unlink()
    with pytest.raises(TiduError, match=r"delivery \d+ of mi_arrears: mi_arrears/.* is not in the landing store"):
        reproduce(1, scratch)
    path.write_bytes(content)
    assert dt.date.fromisoformat(release(1).manifest["as_of"]) == AS_OF
