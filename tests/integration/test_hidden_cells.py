"""Releases that follow each other: hidden once is hidden for ever, revisions that tell are hidden, attacks fail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import build_figures, deliver, take_in, uscc
from tests.warehouses import new_warehouse
from tidu.errors import ReleaseBlocked, TiduError
from tidu.ledger.database import connect
from tidu.publishing import publish, release, republish, withdraw
from tidu.publishing.disclosure import assert_it_holds, attack, control, decide
from tidu.publishing.disclosure.parameters import parameters
from tidu.stack.postgres import Cluster
from tidu.transform import build

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
AS_OF = dt.date(2025, 4, 2)
SHINAN, SHIBEI, LAIXI = "370202", "370203", "370285"
FOUR = range(25, 29)
"""The employers of 莱西市, all about as large."""
EMPLOYERS = {n: SHINAN if n <= 12 else SHIBEI if n <= 24 else LAIXI for n in range(1, 31)}


def insured(n: int, month: str, heads: int | None = None, version: int = 1) -> dict[str, object]:
    name = f"青岛第{n}贸易有限公司"
    return {"employer_no": f"P{n}", "employer_name": name, "uscc": uscc(n), "month": month, "version": version,
            "insured_headcount": 100 + n if heads is None else heads}  # fmt: skip


@pytest.fixture(scope="module")
def built(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a warehouse with figures of three months; in February only two of 莱西市 were delivered."""
    with new_warehouse(cluster, warehouse_template, tmp_path_factory.mktemp("built")) as dsn:
        deliver(dsn, "ms_registration", "2025-01-01", [
            {"entity_no": f"N{n}", "uscc": uscc(n), "entity_name": f"青岛第{n}贸易有限公司", "entity_category": "企业",
             "reg_type_code": "171", "reg_status": "存续", "established_on": "2024-10-11",
             "district_code": district, "industry_code": "F5191", "updated_at": "2024-12-30T08:00:00"}
            for n, district in EMPLOYERS.items()])  # fmt: skip
        everybody = [n for n in EMPLOYERS if n not in (29, 30)]
        deliver(dsn, "hr_insurance", "2025-02-03", [insured(n, "2025-01") for n in everybody])
        deliver(dsn, "hr_insurance", "2025-03-03", [insured(n, "2025-02") for n in everybody if n not in (27, 28)])
        deliver(dsn, "hr_insurance", "2025-04-01", [insured(n, "2025-03") for n in everybody])
        # one guarantee in the whole city: no release may tell its amount
        deliver(dsn, "fn_guarantee", "2025-03-03", [
            {"guarantee_no": "G1", "enterprise_name": "青岛第1贸易有限公司", "uscc": uscc(1), "signed_on": "2025-02-15",
             "amount_wan": 5}])  # fmt: skip
        build_figures(str(AS_OF))
        yield dsn.rsplit("/", 1)[1]


@pytest.fixture
def figures(cluster: Cluster, built: str, tmp_path: Path) -> Iterator[str]:
    with new_warehouse(cluster, built, tmp_path) as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_RELEASE_APPROVER", "李四")
        yield dsn


def again(dsn: str, run_id: str, rows: list[dict[str, object]]) -> int:
    """Deliver more, build and release; return the release."""
    deliver(dsn, "hr_insurance", "2025-04-02", rows)
    take_in(str(AS_OF), run_id=run_id)
    build("monitor", run_id, {"as_of": str(AS_OF), "series_start": ""})
    made = publish(AS_OF, run_id)
    assert made
    return made


def cell(dsn: str, release_id: int, period: str, place: str = LAIXI) -> dict[str, object]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select cell_status, value::float8, mom is not null, ytd from publish.district_monthly"
            " where release_id = %s and period = %s and district_code = %s"
            " and indicator_code = 'insured_headcount' and scope = 'all' and breakdown = ''",
            [release_id, period, place],
        ).fetchone()
    assert row
    return dict(zip(("status", "value", "has_mom", "ytd"), row, strict=True))


def test_two_employers_are_hidden_with_somebody_and_give_no_ratio_away(figures: str) -> None:
    number = publish(AS_OF, "run-1")
    assert number
    four = sum(100 + n for n in FOUR)
    assert cell(figures, number, "2025-01") == {"status": "published", "value": four, "has_mom": False, "ytd": None}
    assert cell(figures, number, "2025-02") == {
        "status": "suppressed_primary", "value": None, "has_mom": False, "ytd": None,
    }  # fmt: skip
    assert cell(figures, number, "2025-03") == {"status": "published", "value": four, "has_mom": False, "ytd": None}
    partners = [cell(figures, number, "2025-02", place) for place in (SHINAN, SHIBEI)]
    assert sorted(str(p["status"]) for p in partners) == ["published", "suppressed_secondary"]
    for place, partner in zip((SHINAN, SHIBEI), partners, strict=True):
        assert cell(figures, number, "2025-03", place)["has_mom"] == (partner["status"] == "published")


def test_a_plan_s_target_tells_nothing_that_the_release_hides(figures: str) -> None:
    number = publish(AS_OF, "run-1")
    with psycopg.connect(figures) as connection:
        (status,) = connection.execute(
            "select cell_status from publish.city_monthly where release_id = %s and indicator_code = 'guarantee_yuan'"
            " and period = '2025-02' and scope = 'all' and breakdown = ''",
            [number],
        ).fetchone() or ("",)
        assert status == "suppressed_primary"
        found = {
            code: told
            for code, *told in connection.execute(
                "select target_code, period, actual, progress, status, reason from mart.plan_target"
            ).fetchall()
        }
        (heads,) = connection.execute(
            "select value from publish.city_monthly_latest where indicator_code = 'enterprises' and scope = 'private'"
            " and period = '2025-03' and breakdown = ''"
        ).fetchone() or (0,)
    assert len(found) > 50
    assert found["guarantees_2025"] == ["2025-03", None, None, "no_data", "hidden"]
    assert found["private_enterprises"][:2] == ["2025-03", heads]
    assert found["private_value_added_share"] == [None, None, None, "not_measured", None]


def test_releases_are_no_secret_from_each_other(figures: str) -> None:
    first = publish(AS_OF, "run-1")
    assert first
    three = (SHINAN, SHIBEI, LAIXI)
    before = {place: cell(figures, first, "2025-02", place)["status"] for place in three}

    late = [insured(n, "2025-02") for n in (27, 28)]
    second = again(figures, "run-2", [*late, insured(25, "2025-01", 140, 2), insured(1, "2025-01", 140, 2)])
    after = {place: cell(figures, second, "2025-02", place)["status"] for place in three}
    assert after == {place: "suppressed_secondary" if s != "published" else s for place, s in before.items()}
    assert "suppressed_secondary" in after.values(), "hidden once, hidden for ever, though four tell nothing"
    assert cell(figures, second, "2025-01")["status"] == "suppressed_secondary", "one of four was revised"
    assert cell(figures, second, "2025-01", SHIBEI)["status"] == "published", "what everybody remembers hides nobody"
    assert cell(figures, second, "2025-01", SHINAN)["status"] == "suppressed_secondary"

    third = again(figures, "run-3", [insured(n, "2025-03", 140 + n, 2) for n in (25, 26, 27)])
    assert cell(figures, third, "2025-03")["value"] == sum(100 + n for n in FOUR) + 3 * 40, "three of four were revised"
    assert cell(figures, third, "2025-01")["status"] == "suppressed_secondary"


def test_an_unapproved_draft_told_nobody_anything(figures: str) -> None:
    publish(AS_OF, "run-1", approver="")
    second = again(figures, "run-2", [insured(25, "2025-01", 140, 2)])
    assert cell(figures, second, "2025-01")["status"] == "published"
    with connect() as connection:
        known = {s.period: s.is_known for s in decide(connection).solved}
    assert known == {"2025-01": True, "2025-02": True, "2025-03": True}, "what was told before is not searched again"


EMPTIED = """
delete from mart.enterprise_month as m using mart.enterprise as e
where e.enterprise_id = m.enterprise_id and e.district_code = '370285' and m.month = '2025-02-01';
update intermediate.int_monitoring__district_month set value = 0
where indicator_code = 'insured_headcount' and period = '2025-02' and district_code = '370285';
update intermediate.int_monitoring__city_month as c set value = d.value from (
    select scope, breakdown, breakdown_value, sum(value) as value from intermediate.int_monitoring__district_month
    where indicator_code = 'insured_headcount' and period = '2025-02' group by scope, breakdown, breakdown_value
) as d
where c.indicator_code = 'insured_headcount' and c.period = '2025-02' and c.scope = d.scope
    and c.breakdown = d.breakdown and c.breakdown_value = d.breakdown_value;
"""
"""What a correction would do that takes back all that 莱西市 had in February."""


def something_new(dsn: str) -> None:
    """Let the figures at hand want a release of their own."""
    refused = deliver(dsn, "hr_insurance", "2025-04-02", state="rejected")
    with psycopg.connect(dsn) as connection:
        # as the next figures would have it, which would be made of the deliveries and not as these tests change them
        connection.execute(
            "insert into intermediate.int_monitoring__refused values (%s, 'hr_insurance', '2025-04-02')", [refused]
        )


def test_a_hidden_cell_that_becomes_empty_stays_hidden_and_blocks_nothing(figures: str) -> None:
    first = publish(AS_OF, "run-1")
    assert first
    assert cell(figures, first, "2025-02")["status"] == "suppressed_primary"
    with psycopg.connect(figures) as connection:
        connection.execute(EMPTIED.encode())
    for run in ("run-2", "run-3"):
        something_new(figures)
        number = publish(AS_OF, run)
        assert number
        assert cell(figures, number, "2025-02")["status"] == "suppressed_secondary", run


def test_a_copy_of_a_release_lets_nothing_be_searched_anew(figures: str) -> None:
    first = publish(AS_OF, "run-1")
    assert first
    withdraw(first, "李四", "看错了")
    assert republish(first, "李四", "没看错") > first
    with connect() as connection:
        decided = decide(connection)
    assert {s.is_known for s in decided.solved} == {True}
    assert decided.summary()["left_out"] == release(first).manifest["disclosure"]["left_out"]


def test_other_parameters_let_every_month_be_searched_and_attacked_anew(
    figures: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert publish(AS_OF, "run-1")
    with connect() as connection:
        assert {s.is_known for s in decide(connection).solved} == {True}
        monkeypatch.setattr(control, "parameters", lambda: replace(parameters(), fewest_contributors=4))
        assert {s.is_known for s in decide(connection).solved} == {False}


def test_only_the_release_of_the_figures_at_hand_can_be_attacked(figures: str) -> None:
    first = publish(AS_OF, "run-1")
    assert first
    something_new(figures)
    with pytest.raises(TiduError, match=rf"release {first} was made of other deliveries.*Attack the newest release"):
        attack(first)
    with pytest.raises(TiduError, match="no release 99"):
        attack(99)


OPENED = (
    "update publish.district_monthly set cell_status = 'published' where cell_status = 'suppressed_secondary'"
    " and indicator_code = 'insured_headcount' and scope = 'all' and breakdown = '' and period = '2025-02'"
)
DAMAGES = {
    OPENED: "can be worked out too closely: insured_headcount 2025-02",
    OPENED.replace("secondary", "primary"): "can be worked out too closely: insured_headcount 2025-02 all 370285",
    "update publish.district_monthly set mom = 0.1 where indicator_code = 'insured_headcount' and scope = 'all'"
    " and breakdown = '' and period = '2025-03' and district_code = '370285'": "ratio or a year to date",
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGES.items(), ids=["partner", "telling", "ratio"])
def test_the_attack_blocks_what_could_be_worked_out(figures: str, damage: str, reason: str) -> None:
    number = publish(AS_OF, "run-1", approver="")
    assert number
    with connect() as connection:
        decided = decide(connection)
        assert_it_holds(connection, number, decided)
        connection.execute("set session_replication_role = replica")
        assert connection.execute(damage.encode()).rowcount > 0
        with pytest.raises(ReleaseBlocked, match=reason):
            assert_it_holds(connection, number, decided)
        connection.rollback()


def test_a_release_holds_and_says_what_it_hides_and_leaves_out(figures: str) -> None:
    number = publish(AS_OF, "run-1")
    assert number
    held = attack(number)
    assert held.secret > 0
    assert held.recovered.is_empty()
    found = attack(number, with_secondary=False).recovered
    assert ("insured_headcount", "2025-02", "all", "", "", LAIXI) in found.rows()
    said = release(number).manifest["disclosure"]
    assert 0 < said["hidden"]["insured_headcount//district"] < 1
    assert "insured_headcount//city" in said["hidden"]
    assert all(0.2 < share <= 1 for share in said["left_out"].values())
    with psycopg.connect(figures) as connection:
        shown = connection.execute(
            "select distinct indicator_code || '/' || breakdown || '/district' from publish.district_monthly"
            " where indicator_code = 'insured_headcount' and breakdown <> '' order by 1"
        ).fetchall()
    assert {name for (name,) in shown}.isdisjoint(said["left_out"])
    assert {f"insured_headcount/{b}/district" for b in ("industry_section", "size_class", "zone")} == {
        *(name for (name,) in shown),
        *(name for name in said["left_out"] if name.startswith("insured_headcount/") and name.endswith("district")),
    }
