"""The DAGs are exactly those of dags/, and each says who, when, what and what if not."""

from __future__ import annotations

import datetime as dt
import importlib
from typing import Any

import pytest

from tidu.contracts import contracts, departments
from tidu.settings import PROJECT_ROOT

STEMS = {path.stem for path in (PROJECT_ROOT / "dags").glob("*.py")}
EXPECTED = {
    *(f"ingest_{name}" for name in departments()),
    "build_enterprise_master",
    "assess_tiers",
    "publish_monitoring",
    "publish_release",
    "maintain_warehouse",
}


def test_the_dags_are_the_files_and_nothing_fails_to_load(described: dict[str, Any]) -> None:
    assert described["import_errors"] == {}
    assert described["plugin_errors"] == {}
    assert set(described["dags"]) == STEMS
    assert EXPECTED <= STEMS


def test_reading_dags_loads_no_heavy_library(described: dict[str, Any]) -> None:
    assert described["heavy"] == []


@pytest.mark.parametrize("dag_id", sorted(STEMS))
def test_a_dag_is_answered_for_and_bounded(described: dict[str, Any], dag_id: str) -> None:
    from tidu.orchestration.tags import Tag

    dag = described["dags"][dag_id]
    assert dag["max_active_runs"] == 1
    assert dag["catchup"] is False
    assert dag["start_date"] is None
    assert dag["run_seconds"]
    assert dag["deadlines"] == [f"{dag_id} is late"]
    assert dag["tags"]
    assert set(dag["tags"]) <= {str(tag) for tag in Tag}
    assert "fail" in dag["doc_md"]
    assert dag["tasks"]
    for task_id, task in dag["tasks"].items():
        assert task["owner"] not in ("", "airflow"), task_id
        assert task["retries"] >= 1, task_id
        assert task["seconds"], task_id
        assert task["policy"] == "ExceptionRetryPolicy", task_id


def test_starting_airflow_starts_nothing(described: dict[str, Any]) -> None:
    first = {dag_id: dag["first_run"] for dag_id, dag in described["dags"].items() if dag["first_run"]}
    assert first
    now = dt.datetime.fromisoformat(described["described_at"])
    assert {dag_id: run for dag_id, run in first.items() if dt.datetime.fromisoformat(run) < now} == {}


@pytest.mark.parametrize("department", sorted(departments()))
def test_an_ingest_dag_follows_its_contracts(described: dict[str, Any], department: str) -> None:
    tasks = described["dags"][f"ingest_{department}"]["tasks"]
    names = [contract.name for contract in departments()[department]]
    assert set(tasks) == {f"{name}.{step}" for name in names for step in ("pull", "land", "validate")} | {"announce"}
    for contract in departments()[department]:
        pull, land, validate = (tasks[f"{contract.name}.{step}"] for step in ("pull", "land", "validate"))
        assert pull["pool"] == department
        assert (land["pool"], validate["pool"]) == ("default_pool", "default_pool")
        assert land["upstream"] == [f"{contract.name}.pull"]
        assert validate["upstream"] == [f"{contract.name}.land"]
        assert validate["owner"] == contract.owner
    assert tasks["announce"]["outlets"] == [f"accepted_{department}"]
    assert tasks["announce"]["upstream"] == sorted(f"{name}.validate" for name in names)


def test_the_master_and_the_tables_follow_the_data(described: dict[str, Any]) -> None:
    build, publish = described["dags"]["build_enterprise_master"], described["dags"]["publish_monitoring"]
    assert list(build["tasks"]) == ["stage", "link", "mart"]
    assert build["tasks"]["mart"]["outlets"] == ["enterprise_master"]
    assess = described["dags"]["assess_tiers"]
    assert list(assess["tasks"]) == ["tier"]
    assert assess["tasks"]["tier"]["outlets"] == ["enterprise_tiers"]
    assert list(publish["tasks"]) == ["monitor", "release"]
    assert publish["tasks"]["monitor"]["outlets"] == ["monitoring_figures"]
    assert publish["tasks"]["release"]["outlets"] == ["monitoring_release", "release_waits"]


def test_a_draft_is_asked_about_where_no_run_waits_for_the_answer(described: dict[str, Any]) -> None:
    """The run that makes figures ends with the draft; the question stands in a DAG that only a draft starts."""
    asking = described["dags"]["publish_release"]
    assert list(asking["tasks"]) == ["approve"]
    assert asking["run_seconds"] > 30 * 24 * 3600
    assert asking["scheduled_by"] == ["release_draft"]


def test_the_warehouse_is_maintained_every_day_after_the_departments_were_asked(described: dict[str, Any]) -> None:
    maintain = described["dags"]["maintain_warehouse"]
    assert set(maintain["tasks"]) == {"tickets", "returns", "district_returns", "freshness"}
    assert maintain["tasks"]["returns"]["upstream"] == ["tickets"]
    assert maintain["tasks"]["district_returns"]["upstream"] == ["tickets"]
    assert maintain["cron"] == f"0 {(described['ask_hour'] + 3) % 24} * * *"


def test_a_department_is_asked_as_often_as_its_fastest_dataset_needs() -> None:
    from tidu.orchestration.schedule import ASKED_ON, cron

    assert {contract.cadence for contract in contracts().values()} <= set(ASKED_ON)
    days = {department: cron(department).split()[4] for department in departments()}
    assert days == {
        "market_supervision": "*", "tax": "*", "industry": "*", "hr": "1", "finance": "1", "statistics": "1",
    }  # fmt: skip
    assert len({cron(department) for department in departments()}) == len(departments())


def test_errors_never_retried_exist() -> None:
    from tidu.orchestration.reliability import NEVER_RETRIED

    assert NEVER_RETRIED
    for path in NEVER_RETRIED:
        module, _, name = path.rpartition(".")
        assert issubclass(getattr(importlib.import_module(module), name), Exception)


def test_dag_files_are_thin() -> None:
    assert STEMS
    for path in (PROJECT_ROOT / "dags").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 60, path
        imports = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
        assert imports
        assert all(line.startswith(("from airflow.sdk import", "from tidu.orchestration.")) for line in imports), path


def test_the_plugin_folder_hides_the_package_from_the_plugin_loader() -> None:
    assert (PROJECT_ROOT / "plugins" / ".airflowignore").read_text(encoding="utf-8").split() == ["tidu/"]
