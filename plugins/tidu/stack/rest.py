"""Airflow through its REST API, as any other operator would use it: pools, variables, runs and their fate."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from tidu.errors import StackError

FINAL_STATES = ("success", "failed")
POOL_SLOTS = 2


class Unreachable(StackError):
    """Airflow did not answer, or answered that it cannot reach its own database; the same call may succeed later."""


@dataclass(frozen=True)
class Run:
    """One DAG run as the API tells it."""

    dag_id: str
    run_id: str
    state: str
    started_at: str | None
    ended_at: str | None


@dataclass(frozen=True)
class TaskState:
    """One task instance of a run."""

    task_id: str
    state: str | None
    try_number: int
    map_index: int
    started_at: str | None
    ended_at: str | None


class Airflow:
    """A signed-in client; signs in again when its token has expired."""

    def __init__(self, http: httpx.Client, user: str, password: str) -> None:
        self._http, self._user, self._password = http, user, password

    def dag_ids(self) -> set[str]:
        """Return the DAGs the dag-processor has read."""
        return {dag["dag_id"] for dag in self._get("/api/v2/dags", limit=100)["dags"]}

    def import_errors(self) -> list[str]:
        """Return what the dag-processor and the plugin manager could not read."""
        dags = self._get("/api/v2/importErrors")["import_errors"]
        plugins = self._get("/api/v2/plugins/importErrors")["import_errors"]
        return [
            *(f"{error['filename']}: {error['stack_trace']}" for error in dags),
            *(f"{error['source']}: {error['error']}" for error in plugins),
        ]

    def ensure_pools(self, names: Iterable[str]) -> None:
        """Give every department a pool, so that one slow department never takes all slots. Idempotent."""
        known = {pool["name"] for pool in self._get("/api/v2/pools", limit=100)["pools"]}
        for name in sorted(set(names) - known):
            body = {
                "name": name,
                "slots": POOL_SLOTS,
                "description": f"tasks that read from {name}",
                "include_deferred": False,
            }
            self._call("POST", "/api/v2/pools", json=body)

    def set_variable(self, key: str, value: str) -> None:
        """Set an Airflow Variable, whether it exists or not."""
        body = {"key": key, "value": value}
        if (
            self._call("PATCH", f"/api/v2/variables/{key}", json=body, accept=(404,)).status_code
            == httpx.codes.NOT_FOUND
        ):
            self._call("POST", "/api/v2/variables", json=body)

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> Run:
        """Start a run of a DAG now. Idempotence: a run of this id that exists already is returned."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        answer = self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body, accept=(409,))
        return self.run(dag_id, run_id) if answer.status_code == httpx.codes.CONFLICT else _run(answer.json())

    def run(self, dag_id: str, run_id: str) -> Run:
        """Return a run's present state."""
        return _run(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"))

    def runs(self, dag_id: str, states: Iterable[str]) -> list[Run]:
        """Return a DAG's runs in the given states."""
        answer = self._get(f"/api/v2/dags/{dag_id}/dagRuns", state=list(states), limit=100)
        return [_run(found) for found in answer["dag_runs"]]

    def going_on(self, dag_ids: Collection[str]) -> list[Run]:
        """Return the runs of these DAGs that have not ended."""
        if not dag_ids:
            return []
        body = {"dag_ids": list(dag_ids), "states": ["queued", "running"], "page_limit": 100}
        answer = self._call("POST", "/api/v2/dags/~/dagRuns/list", json=body).json()
        return [_run(found) for found in answer["dag_runs"]]

    def tasks(self, run: Run) -> list[TaskState]:
        """Return the task instances of a run."""
        answer = self._get(f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances", limit=200)
        return [
            TaskState(t["task_id"], t["state"], t["try_number"], t["map_index"], t["start_date"], t["end_date"])
            for t in answer["task_instances"]
        ]

    def is_anything_at_work(self) -> bool:
        """Tell whether a task of any run is running, or waits for its next try, rather than for the scheduler."""
        path = "/api/v2/dags/~/dagRuns/~/taskInstances"
        states = ["running", "restarting", "up_for_retry", "up_for_reschedule", "deferred"]
        return bool(self._get(path, state=states, limit=1)["task_instances"])

    def runs_caused_by(self, run: Run, timeout: float) -> list[Run]:
        """Return the runs that the asset events of `run` started; waits up to `timeout` seconds for the scheduler.

        Empty when the run emitted no event. Raises StackError when an event found no consumer in time.
        """
        deadline = time.monotonic() + timeout
        while True:
            params = {"source_dag_id": run.dag_id, "source_run_id": run.run_id}
            # Airflow 3.3 answers 500 while a run that an event created still waits in the queue
            answer = self._call("GET", "/api/v2/assets/events", params=params, accept=(500,))
            if answer.status_code == httpx.codes.OK:
                events = answer.json()["asset_events"]
                caused = [created for event in events for created in event["created_dagruns"]]
                if caused or not events:
                    return [self.run(created["dag_id"], created["run_id"]) for created in caused]
            if time.monotonic() > deadline:
                raise StackError(f"{run.dag_id} announced new data, but no run followed within {timeout:.0f} s")
            time.sleep(0.3)

    def log(self, run: Run, task: TaskState) -> str:
        """Return the log of a task's last try as plain text."""
        path = f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{task.task_id}/logs/{task.try_number}"
        content = self._get(path, map_index=task.map_index, full_content=True)["content"]
        return "\n".join(_line(entry) for entry in content)

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._call("GET", path, params=params).json()
        return answer

    def _call(self, method: str, path: str, accept: tuple[int, ...] = (), **kwargs: Any) -> httpx.Response:
        try:
            if "Authorization" not in self._http.headers:
                self._sign_in()
            answer = self._http.request(method, path, **kwargs)
            # 401: the token has expired; 403: it is from a time that has not come yet, the clock was set back
            if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                self._sign_in()
                answer = self._http.request(method, path, **kwargs)
        except httpx.TransportError as error:
            text = f"Airflow does not answer at {self._http.base_url}: {error}; see `tidu status`"
            raise Unreachable(text) from error
        if answer.is_server_error and answer.status_code not in accept:
            raise Unreachable(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:500]}")
        if answer.is_error and answer.status_code not in accept:
            raise StackError(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:500]}")
        return answer

    def _sign_in(self) -> None:
        answer = self._http.post("/auth/token", json={"username": self._user, "password": self._password})
        if answer.is_server_error:
            raise Unreachable(f"Airflow answered {answer.status_code} to the sign-in of {self._user}")
        if answer.is_error:
            raise StackError(f"Airflow refused the sign-in of {self._user}: {answer.status_code}")
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _run(found: dict[str, Any]) -> Run:
    return Run(found["dag_id"], found["dag_run_id"], found["state"], found["start_date"], found["end_date"])


def _line(entry: Any) -> str:
    """Turn one structured log entry into a line, its exceptions below it."""
    if not isinstance(entry, dict):
        return str(entry)
    known = ("timestamp", "event", "level", "logger", "error_detail")
    details = [f"{name}={value}" for name, value in entry.items() if name not in known]
    head = " ".join(str(entry.get(name, "")) for name in ("timestamp", "level", "event"))
    errors = [f"\n  {part['exc_type']}: {part['exc_value']}" for part in entry.get("error_detail") or []]
    return " ".join([head, *details]).strip() + "".join(errors)
