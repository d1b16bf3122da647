"""The main job end to end, as `make run` does it: a real Airflow, real transports, one small world.

The tests of this file are the chapters of one story and run in their order.
"""

from __future__ import annotations

import csv
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.integration.story import Story, contents, living
from tests.security.canary import files, met, process_list, tables
from tidu.cli.bench import undisturbed_hour
from tidu.stack import airflow, lifecycle
from tidu.stack.postgres import free_port

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.timeout(1800)]

MIDDLE, END = "2025-05-06", "2025-06-30"
NEXT, LATER = "2025-07-01", "2025-08-01"
"""Dates on which another month is complete, though nothing new was delivered."""
FACTS = (
    "enterprise_id, uscc, name, entity_category, reg_type_code, holding_type, is_private, status, established_on,"
    " closed_on, registered_capital_yuan, district_code, zone_code, address, industry_code, is_branch"
)


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    """Not below pytest's own folder: every pytest that starts closes that to the account PostgreSQL runs as."""
    from simulators.world.making import make_world

    with tempfile.TemporaryDirectory(prefix="tidu-story-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        make_world(folder / "world", 1500, 6, 7)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("TIDU_", "AIRFLOW"))}
        own = {"TIDU_HOME": str(folder / "home"), "TIDU_ASK_HOUR": str(undisturbed_hour())}
        told = Story(folder / "home", folder / "world", {**env, **own})
        yield told
        told.tidu("down")


def test_the_first_run_takes_all_and_publishes(story: Story) -> None:
    said = story.run(MIDDLE)
    assert "Airflow healthy at" in said
    assert "publish_monitoring: success" in said
    assert "approved by demo" in said
    assert "tidu evaluate --truth" in said
    assert story.rows("select period, as_of::text, state, approved_by from ops.release") == [
        ("2025-04", MIDDLE, "published", "demo")
    ]
    assert {p.name for p in (story.home / "releases" / "1").iterdir()} >= {
        "manifest.json",
        "files.json",
        "release.xlsx",
        "cockpit.html",
    }
    delivered = len([d for d in story.world.glob("*/*.csv") if d.parent.name != "truth" and d.stem <= MIDDLE])
    ((taken, dates, open_),) = story.rows(
        "select count(*) filter (where repeats_delivery_id is null), max(delivered_on)::text,"
        " count(*) filter (where state <> 'accepted') from ops.delivery"
    )
    assert delivered > 50
    assert (open_, str(dates) <= MIDDLE) == (0, True)
    assert int(str(taken)) == delivered


def test_every_run_is_recorded(story: Story) -> None:
    runs = dict(story.rows("select dag_id, state from ops.pipeline_run"))
    assert len(runs) == 10
    assert set(runs.values()) == {"success"}
    assert story.rows("select count(*) from ops.pipeline_run where finished_at is null or rows_out is null") == [(0,)]
    stages = dict(story.rows("select stage, count(*) from ops.stage_run where state <> 'failed' group by 1"))
    assert stages == {
        **dict.fromkeys(("pull", "land", "validate", "settle"), 24),
        **dict.fromkeys(("stage", "link", "mart", "tier", "monitor", "release"), 1),
    }


def test_airflow_reads_everything_and_shows_data_docs_to_those_signed_in(story: Story) -> None:
    client = lifecycle.client(story.state)
    assert client.import_errors() == []
    address = lifecycle.addresses(story.state)
    assert httpx.get(address.data_docs).status_code == 401
    signed_in = httpx.post(
        f"{address.airflow}/auth/token",
        json={"username": address.user, "password": story.state.secrets()["airflow_admin"]},
    )
    headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
    page = httpx.get(address.data_docs, headers=headers)
    assert page.status_code == 200
    links = re.findall(r'<a href="([^"]+)">every rule</a>', page.text)
    assert len(links) == 24
    (link,) = [link for link in links if link.startswith("tx_payment/")]
    results = httpx.get(f"{address.data_docs}{link}", headers=headers)
    assert results.status_code == 200
    assert "voucher_no:required" in results.text
    for outside in ("..%2f..%2frun%2fsecrets.json", "%2fetc%2fpasswd"):
        assert httpx.get(f"{address.data_docs}{outside}", headers=headers).status_code == 404


def test_the_cockpit_shows_the_release_to_those_signed_in(story: Story) -> None:
    address = lifecycle.addresses(story.state)
    inside = httpx.Client(base_url=address.cockpit, timeout=30)
    assert inside.get("").status_code == 401
    assert "/auth/login?next=" in inside.get("", headers={"Accept": "text/html"}).text
    signed_in = httpx.post(
        f"{address.airflow}/auth/token",
        json={"username": address.user, "password": story.state.secrets()["airflow_admin"]},
    )
    inside.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
    page = inside.get("")
    assert page.status_code == 200
    (start,) = re.findall(r'id="start"[^>]*>(.*?)</script>', page.text)
    told = json.loads(start)
    assert (told["release"]["period"], told["viewer"]["may_list"]) == ("2025-04", True)
    (early,) = re.findall(r'href="(figures/[^"]+)"', page.text)
    shown = inside.get(early).json()["figures"]["market_entities"]["value"][-1]
    assert story.rows(
        "select value::bigint from publish.city_monthly_latest where indicator_code = 'market_entities'"
        " and period = '2025-04' and scope = 'all' and breakdown = ''"
    ) == [(shown,)]
    pool = inside.get("pool", params={"place": "370200"}).json()
    assert pool["as_of"] == MIDDLE
    wanted = {"place": "370200", "tier": pool["pool"][0]["tier"], "as_of": MIDDLE}
    listed = inside.get("enterprises", params=wanted).json()["enterprises"]
    assert listed
    assert story.rows("select viewer, allowed, rows_shown from ops.cockpit_access_log") == [
        (address.user, True, len(listed))
    ]
    files = httpx.get(f"{address.airflow}/api/v2/plugins", headers=dict(inside.headers)).json()["plugins"]
    views = [view["url_route"] for plugin in files for view in plugin["external_views"]]
    assert "tidu-cockpit" in views


def test_no_secret_in_an_argument_list_or_a_log(story: Story) -> None:
    known = list(story.state.secrets().values())
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert lines
    assert not [secret for secret in known for line in lines if secret.encode() in line]
    logs = [*story.state.logs.glob("*.log"), *(story.home / "airflow" / "logs").rglob("*.log")]
    assert len(logs) > 50
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace")
        assert not [secret for secret in known if secret in text], log


def test_what_was_killed_comes_back(story: Story) -> None:
    before = {part.name: part.detail for part in lifecycle.status(story.state)}
    for name in ("scheduler", "simulators"):
        os.kill(int((story.state.run / f"{name}.pid").read_text(encoding="utf-8").split()[0]), signal.SIGKILL)
    assert story.tidu("status").returncode == 1
    done = story.tidu("up")
    assert done.returncode == 0, done.stderr
    assert story.tidu("status").returncode == 0
    after = {part.name: part.detail for part in lifecycle.status(story.state)}
    changed = {name for name in after if after[name].split()[1:2] != before[name].split()[1:2]}
    assert changed == {"scheduler", "simulators"}


def test_a_second_run_changes_nothing(story: Story) -> None:
    before = contents(story)
    runs = story.rows("select count(*) from ops.pipeline_run")
    said = story.run(MIDDLE)
    assert contents(story) == before
    assert "new deliveries 0" in said
    ((states, count),) = story.rows(
        "select array_agg(distinct state), count(*) from (select state from ops.pipeline_run"
        f" order by started_at desc limit {int(str(story.rows('select count(*) from ops.pipeline_run')[0][0]))}"
        f" - {int(str(runs[0][0]))}) r"
    )
    assert states == ["skipped"]
    assert count == 8, "six departments, the build and the upkeep; nothing to publish"


def test_a_failing_run_is_told_with_dag_task_and_log(story: Story) -> None:
    from tidu.errors import StackError
    from tidu.stack.main_job import Follower
    from tidu.stack.upkeep import Upkeep

    client = lifecycle.client(story.state)
    bad = client.trigger("ingest_statistics", "impossible", {"as_of": "2025-02-31"})
    os.environ["TIDU_HOME"] = str(story.home)
    try:
        with pytest.raises(StackError) as raised:
            Follower(story.state, client, lambda _: None, Upkeep(story.state, lambda _: None))([bad])
    finally:
        del os.environ["TIDU_HOME"]
    text = str(raised.value)
    assert "ingest_statistics failed" in text
    assert "task st_district_indicator.pull failed at try 1; log: " in text
    assert "2025-02-31" in text
    log = text.split("log: ")[1].splitlines()[0]
    assert Path(log).exists()
    assert story.rows(f"select state from ops.pipeline_run where run_id = 'ingest_statistics:{bad.run_id}'") == [
        ("failed",)
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--as-of", "2025-03-01"], "were taken already; an earlier AS_OF"),
        (["--as-of", "soon"], "dates are YYYY-MM-DD"),
    ],
)
def test_a_date_that_cannot_be_is_refused(story: Story, arguments: list[str], message: str) -> None:
    done = story.tidu("run", "--world", str(story.world), *arguments)
    assert done.returncode == 1
    assert message in done.stderr


def test_another_world_is_refused(story: Story, tmp_path: Path) -> None:
    text = (story.world / "world.yaml").read_text(encoding="utf-8")
    (tmp_path / "world.yaml").write_text(text + "more: true\n", encoding="utf-8")
    done = story.tidu("run", "--world", str(tmp_path))
    assert done.returncode == 1
    assert "run `make clean` first" in done.stderr
    assert story.tidu("run", "--world", str(tmp_path / "nothing")).stderr.count("is no world") == 1


def test_a_later_date_takes_only_what_is_new(story: Story) -> None:
    before = story.rows(
        "select delivery_id, source_uri, sha256, received_at, rows_delivered from ops.delivery order by 1"
    )
    figures = story.rows("select md5(string_agg(c::text, '' order by c::text)) from publish.city_monthly c")
    master = story.rows(f"select {FACTS} from mart.enterprise order by 1")
    story.run(END)
    assert master == story.rows(
        f"select {FACTS} from mart.enterprise_as_of('{MIDDLE}', '{MIDDLE} 00:00+08') order by 1"
    ), "asked later, the history tells what was shown then"
    assert master != story.rows(f"select {FACTS} from mart.enterprise order by 1")
    last = before[-1][0]
    assert before == story.rows(
        "select delivery_id, source_uri, sha256, received_at, rows_delivered from ops.delivery"
        f" where delivery_id <= {last} order by 1"
    )
    ((added, earliest, latest),) = story.rows(
        "select count(*), min(delivered_on)::text, max(delivered_on)::text from ops.delivery"
        f" where delivery_id > {last} and repeats_delivery_id is null"
    )
    expected = [d.stem for d in story.world.glob("*/*.csv") if d.parent.name != "truth" and MIDDLE < d.stem <= END]
    assert expected
    assert (added, earliest, latest) == (len(expected), min(expected), max(expected))
    releases = story.rows("select release_id, period, as_of::text, state from ops.release order by 1")
    assert [r[1:] for r in releases] == [("2025-04", MIDDLE, "published"), ("2025-05", END, "published")]
    assert figures == story.rows(
        "select md5(string_agg(c::text, '' order by c::text)) from publish.city_monthly c"
        f" where release_id = {releases[0][0]}"
    )


def test_a_rebuild_from_landed_files_and_decisions_changes_nothing(story: Story) -> None:
    """Raw, settlement, staging, links and marts made again; the figures are those of the newest release."""
    before = contents(story)
    done = story.tidu("rebuild")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("every row as it was") == 24
    assert "figures: the same as in the newest release" in done.stdout
    assert contents(story) == before
    assert story.tidu("ledger", "prove").returncode == 0


def test_the_world_is_met(story: Story) -> None:
    """Every row of truth/faults.csv is in quarantine and no other; records are linked as they should be."""
    with (story.world / "truth" / "faults.csv").open(encoding="utf-8") as handle:
        faults = {(r["dataset"], r["delivered_on"], int(r["row_no"])) for r in csv.DictReader(handle)}
    assert faults
    held = story.rows(
        "select distinct q.dataset, d.delivered_on::text, q.row_no"
        " from ops.quarantine q join ops.delivery d using (delivery_id)"
    )
    assert {f for f in faults if f[1] <= END} == set(held)
    done = story.tidu("evaluate", "--truth", str(story.world / "truth"), "--strict")
    assert done.returncode == 0, done.stdout + done.stderr


def answer(story: Story, dag_run: str, option: str, reason: str) -> str:
    """Answer the question of a run over REST, as the person at the screen does; return their name as Airflow has it."""
    address = lifecycle.addresses(story.state)
    word = story.state.secrets()["airflow_admin"]
    token = httpx.post(f"{address.airflow}/auth/token", json={"username": address.user, "password": word}).json()
    told = httpx.patch(
        f"{address.airflow}/api/v2/dags/publish_release/dagRuns/{dag_run}/taskInstances/approve/-1/hitlDetails",
        json={"chosen_options": [option], "params_input": {"reason": reason}},
        headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=30,
    )  # fmt: skip
    assert told.status_code == 200, told.text
    return str(told.json()["responded_by"]["name"])


READ_SECONDS = 5


def asked(story: Story) -> str:
    """Wait until a person is asked about a draft; return the run that asks. It waits without taking a worker."""
    client = lifecycle.client(story.state)
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        for run in client.runs("publish_release", ["running"]):
            if [t.state for t in client.tasks(run)] == ["awaiting_input"]:
                # as a person reads first: answered before the executor has told of the asking task's end, Airflow takes
                # that for the end of the one that goes on, and asks again at the next try
                time.sleep(READ_SECONDS)
                return run.run_id
        time.sleep(0.5)
    raise AssertionError("nobody was asked")


def ended(story: Story, dag_run: str) -> str:
    client = lifecycle.client(story.state)
    deadline = time.monotonic() + 600
    while (run := client.run("publish_release", dag_run)).state not in ("success", "failed"):
        assert time.monotonic() < deadline, client.tasks(run)
        time.sleep(0.5)
    return run.state


def test_a_draft_is_published_in_the_name_of_who_approves_it_in_airflow(story: Story) -> None:
    """Without an approver the job ends with a draft; the question waits by itself, and the answer decides."""
    assert story.rows("select count(*) from ops.pipeline_run where dag_id = 'publish_release'") == [(0,)]
    said = story.run(NEXT, TIDU_RELEASE_APPROVER="")
    assert "publish_monitoring: success" in said
    ((draft, state),) = story.rows("select release_id, state from ops.release order by 1 desc limit 1")
    assert state == "draft"
    dag_run = asked(story)
    assert answer(story, dag_run, "Reject", "等待税务复核") == "admin"
    assert ended(story, dag_run) == "success"
    assert story.rows(
        f"select event, decided_by, reason from ops.release_event_log where release_id = {draft}"
        " order by event_no desc limit 1"
    ) == [("rejected", "admin", "等待税务复核")]
    assert story.rows(f"select state from ops.release where release_id = {draft}") == [("draft",)]


def test_what_was_rejected_can_be_replaced_and_approved(story: Story) -> None:
    client = lifecycle.client(story.state)
    conf = {"as_of": LATER, "series_start": "2025-01-01", "approver": ""}
    client.trigger("publish_monitoring", "another-draft", conf)
    dag_run = asked(story)
    ((draft, state),) = story.rows("select release_id, state from ops.release order by 1 desc limit 1")
    assert state == "draft"
    assert answer(story, dag_run, "Approve", "") == "admin"
    assert ended(story, dag_run) == "success"
    assert story.rows(f"select state, approved_by from ops.release where release_id = {draft}") == [
        ("published", "admin")
    ]
    assert story.rows(
        f"select decided_by, reason, state from ops.decision where kind = 'release' and subject = '{draft}'"
    ) == [("admin", "approved in Airflow", "active")]
    assert (story.home / "releases" / str(draft) / "files.json").exists()


def test_a_department_that_fails_leaves_no_password_in_the_log_of_its_task(story: Story) -> None:
    word = f"{secrets.token_hex(12)}@/%3F"
    uri = f"sftp://hr:{quote(word, safe='')}@127.0.0.1:{free_port()}/outbox?host_key=ssh-ed25519%20AAAA"
    dsn = f"postgresql://airflow:{story.state.secrets()['airflow_database']}@127.0.0.1"
    env = airflow.environment(story.state, f"{dsn}:{story.state.ports()['postgres']}/airflow", {"hr": uri})
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "tasks", "test", "ingest_hr", "hr_talent.pull"],
        env={**story.env, **env}, capture_output=True, text=True, timeout=300, check=False, cwd=story.home,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "cannot list /outbox on 127.0.0.1" in said, said[-3000:]
    planted = {"password": word, "its beginning": word[:24]}
    assert met(planted, [("log", said.encode()), *tables(story.dsn), *files(story.state.logs)]) == []


def test_no_secret_is_met_outside_its_own_file(story: Story) -> None:
    """Logs of tasks and services, XCom and rendered templates, ops tables, Data Docs, landed files, process lists."""
    state = story.state
    own = [state.run / "secrets.json", state.run / "warehouse.dsn", state.airflow_home / "passwords.json",
        state.simulators_home / "credentials.json", state.simulators_home / "ssh_host_key",
        state.home / "postgres" / "data.password"]  # fmt: skip
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in own} == {path.name: "0o600" for path in own}
    accounts = json.loads((state.simulators_home / "credentials.json").read_text(encoding="utf-8"))
    known = {
        **state.secrets(),
        "superuser": (state.home / "postgres" / "data.password").read_text(encoding="utf-8").strip(),
        "rest": accounts["rest_secret"],
        "sql": accounts["sql_password"],
        **accounts["sftp_passwords"],
    }
    assert len(known) >= 11
    airflow_dsn = f"postgresql://airflow:{known['airflow_database']}@127.0.0.1:{state.ports()['postgres']}/airflow"
    everything = list(files(story.home, besides=[*own, state.cluster_data]))
    looked_at = {name.split("/")[0] for name, _ in everything}
    assert looked_at >= {"airflow", "data_docs", "dbt", "landing", "logs", "releases", "run", "simulators"}
    server_log = ("server.log", (state.cluster_data / "server.log").read_bytes())
    assert met(known, [*everything, server_log]) == []
    assert met(known, [*tables(story.dsn), *tables(airflow_dsn), *process_list()]) == []


def test_down_leaves_nothing_running(story: Story) -> None:
    done = story.tidu("down")
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 10
    while (left := living(story.home)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []
    assert story.tidu("down").returncode == 0
    assert story.tidu("status").returncode == 1
