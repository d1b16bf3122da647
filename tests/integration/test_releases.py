"""What people decide about releases: every step is told, nothing published is lost, nothing goes back a state."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from tests.dbt.town import build_figures
from tests.integration.released_town import AS_OF, EMPLOYERS, build_town, correct, count
from tests.warehouses import new_warehouse
from tidu.cli import release as commands
from tidu.errors import TiduError
from tidu.publishing import (
    approve,
    is_released,
    made_by,
    publish,
    reject,
    release,
    releases,
    republish,
    roll_back,
    withdraw,
)
from tidu.publishing.files import shelf
from tidu.publishing.question import question
from tidu.publishing.steps import IDENTITIES
from tidu.publishing.trail import told
from tidu.serving.cockpit import Viewer, build_app, documents
from tidu.serving.cockpit.reading import reading
from tidu.serving.cockpit.standalone import FILED_AS, cockpit
from tidu.settings import settings
from tidu.stack.postgres import Cluster

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.proof]
INSURED = (
    "select value from publish.city_monthly_latest where indicator_code = 'insured_headcount' and period = '2025-03'"
    " and scope = 'all'"
)
FIRST, SECOND, THIRD = sum(EMPLOYERS), sum(EMPLOYERS) + 99, sum(EMPLOYERS) + 199


@pytest.fixture(scope="module")
def built(cluster: Cluster, warehouse_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a warehouse with three releases, each with another headcount of March; tests copy it."""
    home = tmp_path_factory.mktemp("three_releases")
    with new_warehouse(cluster, warehouse_template, home) as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_RELEASE_APPROVER", "李四")
        build_town(dsn)
        assert publish(AS_OF, "run-1") == 1
        for headcount, version in ((100, 2), (200, 3)):
            correct(dsn, headcount, version=version)
            assert publish(AS_OF, f"run-{version}") == version
        yield dsn.rsplit("/", 1)[1]


@pytest.fixture
def town(cluster: Cluster, built: str, tmp_path: Path) -> Iterator[str]:
    """DSN of a fresh copy of the three releases."""
    with new_warehouse(cluster, built, tmp_path) as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_RELEASE_APPROVER", "李四")
        yield dsn


def steps(release_id: int) -> list[tuple[str, str]]:
    return [(s.event, s.decided_by) for s in told(release_id)]


def states() -> dict[int, str]:
    return {r.release_id: r.state for r in releases()}


def test_every_step_of_a_release_is_told_with_its_evidence(town: str) -> None:
    assert steps(1) == [
        ("drafted", "run run-1"), ("checked", "publish.assert_identities"), ("approved", "李四"), ("published", "李四"),
        ("filed", "tidu.publishing.files"),
    ]  # fmt: skip
    assert {s.manifest_sha256 for s in told(1)} == {release(1).manifest_sha256}
    checked = next(s for s in told(2) if s.event == "checked")
    assert checked.detail["identities"] == list(IDENTITIES)
    assert checked.detail["rows"]["city_monthly"] == count(
        town, "select count(*) from publish.city_monthly where release_id = 2"
    )
    assert sum(checked.detail["district_cells"].values()) == checked.detail["rows"]["district_monthly"]
    published = next(s for s in told(2) if s.event == "published")
    assert published.detail["shown_before"] == 1
    assert published.detail["cells_revised"] == count(
        town, "select count(*) from publish.revision where release_id = 2"
    )


def test_the_identities_named_as_evidence_are_those_the_database_asks(town: str) -> None:
    with psycopg.connect(town) as connection:
        (source,) = connection.execute("select prosrc from pg_proc where proname = 'broken_identity'").fetchone() or (
            "",
        )
    assert [name for name in IDENTITIES if f"'{name}'" not in source] == []
    assert source.count("union all\nselect '") + 1 == len(IDENTITIES)


def test_a_withdrawn_release_gives_way_and_stays_readable(town: str) -> None:
    files = {f.name: shelf.read(3, f.name, f.sha256) for f in shelf.keep(3)}
    assert count(town, INSURED) == THIRD
    assert withdraw(3, "王五", "三月人数有误") == 2
    assert count(town, INSURED) == SECOND
    assert states() == {1: "published", 2: "published", 3: "withdrawn"}
    assert steps(3)[-1] == ("withdrawn", "王五")
    assert told(3)[-1].reason == "三月人数有误"
    assert count(town, "select count(*) from publish.city_monthly where release_id = 3") > 0
    assert {f.name: shelf.read(3, f.name, f.sha256) for f in shelf.keep(3)} == files
    with psycopg.connect(town) as connection:
        decided = connection.execute(
            "select decided_by, state, detail ->> 'step', reason from ops.decision where subject = '3' order by 1"
        ).fetchall()
    assert sorted(decided) == [
        ("李四", "revoked", "approve", "approved by setting when run run-3 made it"),
        ("王五", "active", "withdraw", "三月人数有误"),
    ]


def test_what_a_person_withdrew_no_run_publishes_again(town: str) -> None:
    withdraw(3, "王五", "有误")
    assert is_released(AS_OF), "the main job starts nothing"
    assert publish(AS_OF, "run-4") is None
    assert states() == {1: "published", 2: "published", 3: "withdrawn"}
    correct(town, 300, version=4)
    assert publish(AS_OF, "run-5") == 4
    assert states()[4] == "published"


def test_a_release_without_its_files_is_not_done(town: str) -> None:
    assert is_released(AS_OF)
    with psycopg.connect(town) as connection:
        connection.execute("set local session_replication_role = replica; delete from ops.release_file")
    assert not is_released(AS_OF), "the main job lets them be written"
    assert publish(AS_OF, "run-4") is None
    assert is_released(AS_OF)


def test_a_withdrawn_release_is_published_again_under_a_new_number(town: str) -> None:
    withdraw(3, "王五", "有误")
    again = republish(3, "赵六", "核对后无误")
    assert again == 4
    assert count(town, INSURED) == THIRD
    assert (release(4).state, release(4).republished_from, release(4).approved_by) == ("published", 3, "赵六")
    assert release(4).manifest["tables"] == release(3).manifest["tables"]
    assert release(4).manifest_sha256 != release(3).manifest_sha256
    assert steps(3)[-2:] == [("withdrawn", "王五"), ("republished", "赵六")]
    assert [e for e, _ in steps(4)] == ["drafted", "checked", "approved", "published", "filed"]
    assert release(3).state == "withdrawn"
    assert publish(AS_OF, "run-4") is None, "its figures are out"
    with pytest.raises(TiduError, match="only a withdrawn release"):
        republish(4, "赵六", "再来")


def test_rolling_back_shows_an_earlier_release_and_withdraws_the_newer_ones(town: str) -> None:
    assert roll_back(1, "王五", "二月起口径有误") == 1
    assert count(town, INSURED) == FIRST
    assert states() == {1: "published", 2: "withdrawn", 3: "withdrawn"}
    assert told(1)[-1].event == "rolled_back"
    assert told(1)[-1].detail == {"withdrawn": [2, 3], "shown": 1}
    for number in (2, 3):
        last = told(number)[-1]
        assert (last.event, last.reason, last.detail) == ("withdrawn", "二月起口径有误", {"rolled_back_to": 1})
    assert publish(AS_OF, "run-4") is None
    with pytest.raises(TiduError, match="is the one that is shown"):
        roll_back(1, "王五", "再来")


def test_rolling_back_to_a_withdrawn_release_publishes_it_again(town: str) -> None:
    withdraw(2, "王五", "有误")
    assert roll_back(2, "赵六", "三号更错") == 4
    assert count(town, INSURED) == SECOND
    assert states() == {1: "published", 2: "withdrawn", 3: "withdrawn", 4: "published"}
    assert release(4).republished_from == 2
    assert count(town, "select count(*) from publish.revision where release_id = 4 and previous_release_id = 3") > 0
    trail = [(s.release_id, s.event) for s in told() if s.release_id > 1][-9:]
    assert trail == [
        (2, "withdrawn"), (4, "drafted"), (4, "checked"), (4, "approved"), (4, "published"), (2, "republished"),
        (3, "withdrawn"), (2, "rolled_back"), (4, "filed"),
    ]  # fmt: skip


def test_a_rollback_that_fails_in_the_middle_changes_nothing(town: str) -> None:
    withdraw(2, "王五", "有误")
    before = (states(), len(told()))
    with psycopg.connect(town) as connection:
        connection.execute(
            "create function pg_temp.no() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
            "create function publish.refuse() returns trigger language plpgsql as"
            " $$ begin if new.release_id = 3 then raise 'refused'; end if; return new; end $$;"
            "create trigger zz before update on ops.release for each row execute function publish.refuse()"
        )
    with pytest.raises(psycopg.Error, match="refused"):
        roll_back(2, "赵六", "三号更错")
    assert (states(), len(told())) == before


def test_decisions_need_a_name_a_reason_and_the_right_state(town: str) -> None:
    withdraw(2, "王五", "有误")
    for act, message in (
        (lambda: withdraw(3, " ", "有误"), "needs a person's name"),
        (lambda: withdraw(3, "王五", " "), "needs a reason"),
        (lambda: withdraw(2, "王五", "再来"), "only a published release can be withdrawn"),
        (lambda: withdraw(9, "王五", "有误"), "no release 9"),
        (lambda: republish(2, "王五", "无误"), "`tidu release rollback 2`"),
        (lambda: roll_back(1, "", "有误"), "needs a person's name"),
        (lambda: reject(3, "王五", "不同意"), "only a draft"),
    ):
        with pytest.raises(TiduError, match=message):
            act()
    assert states() == {1: "published", 2: "withdrawn", 3: "published"}


def test_no_step_is_taken_without_being_told_and_the_trail_cannot_be_changed(town: str) -> None:
    for statement in (
        "update ops.release set state = 'withdrawn' where release_id = 3",
        "update ops.release_event_log set decided_by = 'somebody'",
        "delete from ops.release_event_log",
        "truncate ops.release_event_log",
        "update ops.release_file set sha256 = ''",
        "update ops.release set republished_from = 1 where release_id = 3",
        "insert into publish.revision_cause values (3, 2, 'tax_paid_yuan', 'code', 'x', false, 'x')",
        "delete from publish.revision",
    ):
        with pytest.raises(psycopg.Error) as refused, psycopg.connect(town) as connection:
            connection.execute(statement.encode())
        assert refused.value.sqlstate == "TD002", statement


def test_a_draft_is_asked_about_rejected_and_approved_all_the_same(town: str) -> None:
    assert question() is None
    correct(town, 300, version=4)
    assert made_by("run-4") is None
    assert publish(AS_OF, "run-4", approver="") == 4
    assert made_by("run-4") == 4
    asked = question()
    assert asked is not None
    assert asked.release_id == 4
    assert release(4).manifest_sha256 in asked.body
    assert "`tidu release diff 3 4`" in asked.body
    assert [e for e, _ in steps(4)] == ["drafted", "checked"]
    reject(4, "王五", "等税务复核")
    assert question() is None
    assert (release(4).state, told(4)[-1].reason) == ("draft", "等税务复核")
    approve(4, "赵六", "税务已复核")
    assert [e for e, _ in steps(4)][2:] == ["rejected", "checked", "approved", "published", "filed"]


def test_a_draft_gives_way_to_a_newer_one_unless_that_was_rejected(town: str) -> None:
    for number in (4, 5):
        correct(town, 100 * number, version=number)
        assert publish(AS_OF, f"run-{number}", approver="") == number
    asked = question()
    assert asked is not None
    assert asked.release_id == 5
    with pytest.raises(TiduError, match="the newer release 5 waits as draft"):
        approve(4, "王五")
    reject(5, "王五", "有误")
    approve(4, "王五")
    assert states() == {1: "published", 2: "published", 3: "published", 4: "published", 5: "draft"}


def test_a_draft_gives_way_to_what_was_published_since(town: str) -> None:
    for number in (4, 5):
        correct(town, 100 * number, version=number)
        assert publish(AS_OF, f"run-{number}", approver="") == number
    approve(5, "王五")
    with pytest.raises(TiduError, match="the newer release 5 is already published"):
        approve(4, "王五")
    assert question() is None


def test_a_draft_that_another_release_overtook_is_neither_asked_about_nor_approved(town: str) -> None:
    for number in (4, 5):
        correct(town, 100 * number, version=number)
        assert publish(AS_OF, f"run-{number}", approver="") == number
    reject(5, "王五", "有误")
    approve(4, "王五")
    withdraw(4, "王五", "也有误")
    assert question() is None
    with pytest.raises(TiduError, match=r"published after it was drafted.*run publish_monitoring again"):
        approve(5, "王五")
    assert states() == {1: "published", 2: "published", 3: "published", 4: "withdrawn", 5: "draft"}
    assert not is_released(AS_OF), "its figures want a draft that knows what was published since"
    assert publish(AS_OF, "run-6", approver="") == 6
    assert publish(AS_OF, "run-7", approver="") is None
    asked = question()
    assert asked is not None
    assert asked.release_id == 6
    approve(6, "王五")


def test_what_differs_between_months_alone_is_no_revision(town: str) -> None:
    shown = cockpit(3)
    build_figures("2025-05-02", run_id="may")
    assert publish(AS_OF.replace(month=5), "run-5") == 4
    assert cockpit(3) == shown, "the file of a release holds the targets it showed then"
    assert "guarantees_2025" in json.dumps(targets_of(3))
    assert release(4).period == "2025-04"
    assert count(town, "select count(*) from publish.revision where release_id = 4") == 0
    assert count(town, "select count(*) from publish.city_monthly where release_id = 4 and period = '2025-04'") > 0


def targets_of(release_id: int) -> documents.Document:
    with reading() as connection:
        return documents.targets(connection, {"release_id": release_id})


def test_what_a_person_shows_again_has_its_cockpit(town: str) -> None:
    withdraw(3, "王五", "有误")
    done = CliRunner().invoke(commands.app, ["republish", "3", "--by", "赵六", "--reason", "无误"])
    assert (done.exit_code, states()[4]) == (0, "published")
    # those before it were published by runs of this test, which file none
    filed = [n for n in states() if shelf.holds(n, FILED_AS)]
    assert sorted(filed) == [1, 2, 4]
    shutil.rmtree(Path(settings().releases_url) / "2")
    assert CliRunner().invoke(commands.app, ["files", "4"]).exit_code == 0
    assert shelf.holds(2, FILED_AS)


def test_the_cockpit_answers_of_no_release_that_was_withdrawn(town: str) -> None:
    client = TestClient(build_app(lambda: Viewer("somebody", may_list=False)))
    edition = client.get("/start?release=3").json()["edition"]
    path = f"/figures/3/{edition}/places/370200/all"
    first = client.get(path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    withdraw(3, "王五", "有误")
    for headers in ({}, {"If-None-Match": first.headers["etag"]}):
        assert client.get(path, headers=headers).status_code == 404


def revised(dsn: str, release_id: int) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Values, statuses and what changed, by cell."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select period, district_code, indicator_code, scope, breakdown_value, old_value, old_status, new_value,"
            " new_status, changed, kind from publish.revision where release_id = %s",
            [release_id],
        ).fetchall()
    return {row[:5]: row[5:] for row in rows}


def test_a_release_says_which_cells_it_changed_of_the_one_before_it(town: str) -> None:
    found = revised(town, 2)
    scopes = ("all", "private", "no_state_no_foreign", "registration_type")
    # the first employer is in 370203: a headcount of 100 in place of 1, and a rate of growth that follows from it
    ours = sum(n for n in EMPLOYERS if n % 3 == 1)
    places = {"370200": (FIRST, SECOND), "370203": (ours, ours + 99)}
    parts = {key for key in found if key[-1]}
    assert {key[:4] for key in parts} == {("2025-03", place, "insured_headcount", "all") for place in places}
    assert set(found) - parts == {
        ("2025-03", place, "insured_headcount", scope, "") for place in places for scope in scopes
    }
    for (_, place, *_), seen in found.items():
        assert seen == (places[place][0], "published", places[place][1], "published", ["value", "mom"], "changed")
    assert count(town, "select count(*) from publish.revision where release_id = 1") == 0
    assert count(town, "select count(*) from publish.revision_latest where release_id = 3") == count(
        town, "select count(*) from publish.revision where release_id = 2"
    )


def test_a_release_says_which_of_its_inputs_can_have_changed_a_cell(town: str) -> None:
    with psycopg.connect(town) as connection:
        told = connection.execute(
            "select indicator_code, kind, subject, is_own, detail from publish.revision_cause where release_id = 2"
        ).fetchall()
        (delivery,) = connection.execute(
            "select delivery_id from ops.delivery where delivered_on = '2025-04-02' order by 1 limit 1"
        ).fetchone() or (0,)
    assert told == [("insured_headcount", "delivery", str(delivery), True, "hr_insurance delivered on 2025-04-02")]


def test_a_suppressed_cell_tells_its_statuses_and_no_value(town: str) -> None:
    correct(town, 300, version=4)
    assert publish(AS_OF, "run-4", approver="") == 4
    with psycopg.connect(town) as connection:
        connection.execute(
            "update publish.district_monthly set value = null, yoy = null, mom = null, ytd = null,"
            " cell_status = 'suppressed_primary' where release_id = 4 and district_code in ('370203', '370285')"
            " and indicator_code = 'insured_headcount' and period = '2025-03' and scope = 'all'"
        )
    approve(4, "王五")
    found = revised(town, 4)
    for place in ("370203", "370285"):
        assert found["2025-03", place, "insured_headcount", "all", ""] == (
            None, "published", None, "suppressed_primary", ["cell_status"], "changed"
        )  # fmt: skip
    assert found["2025-03", "370203", "insured_headcount", "private", ""][0] is not None
    # and a cell that is suppressed in both is no revision at all
    correct(town, 400, version=5)
    assert publish(AS_OF, "run-5", approver="") == 5
    with psycopg.connect(town) as connection:
        connection.execute(
            "update publish.district_monthly set value = null, yoy = null, mom = null, ytd = null,"
            " cell_status = 'suppressed_primary' where release_id = 5 and district_code in ('370203', '370285')"
            " and indicator_code = 'insured_headcount' and period = '2025-03' and scope = 'all'"
        )
    approve(5, "王五")
    assert ("2025-03", "370203", "insured_headcount", "all", "") not in revised(town, 5)
    assert ("2025-03", "370203", "insured_headcount", "private", "") in revised(town, 5)
