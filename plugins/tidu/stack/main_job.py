"""The main job, driven from outside like an operator would: departments deliver, DAGs run, figures are published.

Every step goes through Airflow's REST API; nothing here reads or writes a row of data.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tidu.contracts import departments
from tidu.errors import StackError
from tidu.ledger.database import connect
from tidu.publishing import is_released
from tidu.settings import settings
from tidu.stack import lifecycle, simulators
from tidu.stack.rest import FINAL_STATES, Airflow, Run
from tidu.stack.state import State, write_whole
from tidu.stack.upkeep import Upkeep

BUILD, ASSESS, PUBLISH, MAINTAIN = (
    "build_enterprise_master", "assess_tiers", "publish_monitoring", "maintain_warehouse",
)  # fmt: skip
APPROVE = "publish_release"
"""Asks a person about a draft; the job does not wait for the answer."""
DAGS_READ_WITHIN_SECONDS = 120.0
RUN_WITHIN_SECONDS = 3600.0
FOLLOWED_WITHIN_SECONDS = 120.0
LOG_LINES = 15


@dataclass(frozen=True)
class World:
    """What of a world the main job needs: where it lies, from when, up to when."""

    path: Path
    start: dt.date
    as_of: dt.date

    @classmethod
    def read(cls, path: Path, as_of: str | None) -> World:
        """Read world.yaml. The date is the one given, else the world's own `as_of`, else its `end`."""
        file = path / "world.yaml"
        if not file.exists():
            raise StackError(f"{path} is no world: world.yaml is missing; make one with `tidu world make --out DIR`")
        notes = yaml.safe_load(file.read_text(encoding="utf-8"))
        until = as_of or notes.get("as_of") or notes["end"]
        try:
            return cls(path.resolve(), dt.date.fromisoformat(str(notes["start"])), dt.date.fromisoformat(str(until)))
        except ValueError as error:
            raise StackError(f"{file} or AS_OF: {error}; dates are YYYY-MM-DD") from None

    def conf(self) -> dict[str, str]:
        """Return the conf of every run of this job."""
        return {
            "as_of": self.as_of.isoformat(),
            "series_start": self.start.replace(day=1).isoformat(),
            "approver": settings().release_approver,
        }


@dataclass
class Watch:
    """What the screen shows while runs go on: state and finished stages by DAG."""

    states: dict[str, str] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)


def run(where: State, world: World, tell: Callable[[str], None], show: Callable[[Watch], None]) -> list[Run]:
    """Do the main job on a world; return the runs made, in order.

    Idempotence: on the same world and date every run is skipped and no row outside run records changes. A job that
    failed or was killed is done by running it again. Parts of the stack that die meanwhile are started again.
    Raises StackError naming DAG, task and the end of its log when a run fails.
    """
    found = lifecycle.up(where, tell)
    upkeep = Upkeep(where, tell)
    upkeep.patiently(lambda: adopt(where, world))
    tell(f"departments deliver {world.path} up to {world.as_of}")
    simulators.publish(where, found.tax_front, world.path, world.as_of.isoformat())
    airflow = lifecycle.client(where)
    upkeep.patiently(lambda: prepare(airflow, world))
    follow = Follower(where, airflow, show, upkeep)
    ingests = follow([follow.start(f"ingest_{name}", {**world.conf(), "announce": False}) for name in departments()])
    (build,) = follow([follow.start(BUILD, world.conf())])

    def caused_by(runs: list[Run]) -> list[Run]:
        """Follow what the runs caused, to its end."""
        ask = (partial(airflow.runs_caused_by, run, FOLLOWED_WITHIN_SECONDS) for run in runs)
        return follow([caused for question in ask for caused in upkeep.patiently(question)])

    assessed = caused_by([build])
    published = caused_by(assessed)
    if not published and not upkeep.patiently(lambda: is_released(world.as_of)):
        # the master stood already, but its tiers were never assessed, or its release failed or was never made
        assessed = follow([follow.start(ASSESS, world.conf())])
        published = caused_by(assessed)
    return [*ingests, build, *assessed, *published, *follow([follow.start(MAINTAIN, world.conf())])]


def prepare(airflow: Airflow, world: World) -> None:
    """Wait until Airflow knows the DAGs, then tell it the dates of the world."""
    wait_for_dags(airflow, [*(f"ingest_{name}" for name in departments()), BUILD, ASSESS, PUBLISH, MAINTAIN])
    airflow.set_variable("tidu_business_date", world.as_of.isoformat())
    airflow.set_variable("tidu_series_start", world.conf()["series_start"])


def adopt(where: State, world: World) -> None:
    """Tie the state folder to a world. Raises StackError for another world or a date before what was taken already."""
    file = where.run / "world.json"
    print_ = hashlib.sha256((world.path / "world.yaml").read_bytes()).hexdigest()
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    with connect() as connection:
        (latest,) = connection.execute(
            "select max(delivered_on) from ops.delivery where state = 'accepted'"
        ).fetchone() or (None,)
    if latest is not None and known is not None and known["world_sha256"] != print_:
        raise StackError(
            f"{where.home} holds the world {known['world']}; to use {world.path} run `make clean` first"
            " or choose another folder with TIDU_HOME"
        )
    if latest is not None and latest > world.as_of:
        raise StackError(
            f"deliveries up to {latest} were taken already; an earlier AS_OF ({world.as_of}) needs a fresh state folder"
            " (`make clean`, or another TIDU_HOME)"
        )
    write_whole(file, {"world": str(world.path), "world_sha256": print_}, 0o644)


def wait_for_dags(airflow: Airflow, wanted: Iterable[str]) -> None:
    """Return when Airflow has read all DAGs. Raises StackError with the import errors when it cannot."""
    missing = set(wanted)
    deadline = time.monotonic() + DAGS_READ_WITHIN_SECONDS
    while time.monotonic() < deadline:
        missing -= airflow.dag_ids()
        if not missing:
            return
        errors = airflow.import_errors()
        if errors:
            raise StackError("Airflow cannot read:\n" + "\n".join(errors))
        time.sleep(0.3)
    raise StackError(f"Airflow has not read the DAGs {', '.join(sorted(missing))}; see `tidu logs dag-processor`")


@dataclass
class Follower:
    """Waits for runs: their state from Airflow, their progress from the ledger."""

    where: State
    airflow: Airflow
    show: Callable[[Watch], None]
    upkeep: Upkeep

    def start(self, dag_id: str, conf: dict[str, Any]) -> Run:
        """Start a run; the id is chosen here, so that asking twice starts it once."""
        run_id = f"job__{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}_{uuid.uuid4().hex[:8]}"
        return self.upkeep.patiently(lambda: self.airflow.trigger(dag_id, run_id, conf))

    def __call__(self, runs: list[Run]) -> list[Run]:
        """Return the runs when all have ended. Raises StackError when one failed or takes too long."""
        watch = Watch()
        deadline = time.monotonic() + RUN_WITHIN_SECONDS
        current = {run.dag_id: run for run in runs}
        self.upkeep.note_work(at_work=True)
        while current:
            looked = self.upkeep.look()
            current = self.upkeep.patiently(partial(self._present, current))
            watch.states = {dag_id: run.state for dag_id, run in current.items()}
            watch.stages = self.upkeep.patiently(partial(_finished_stages, list(current.values())))
            self.show(watch)
            if all(run.state in FINAL_STATES for run in current.values()):
                break
            if looked:
                self.upkeep.note_work(self.upkeep.patiently(self.airflow.is_anything_at_work))
            if time.monotonic() > deadline:
                raise StackError(f"not finished after {RUN_WITHIN_SECONDS:.0f} s: {watch.states}; see Airflow's pages")
            time.sleep(0.5)
        failed = [run for run in current.values() if run.state == "failed"]
        if failed:
            raise StackError("\n".join(self._story(run) for run in failed))
        return list(current.values())

    def _present(self, runs: dict[str, Run]) -> dict[str, Run]:
        """Return the runs as they are now: one question for those that go on, and one for each that has ended since."""
        open_ = [run for run in runs.values() if run.state not in FINAL_STATES]
        going_on = {run.run_id: run for run in self.airflow.going_on([run.dag_id for run in open_])}
        ended = {run.run_id: self.airflow.run(run.dag_id, run.run_id) for run in open_ if run.run_id not in going_on}
        now = going_on | ended
        return {dag_id: now.get(run.run_id, run) for dag_id, run in runs.items()}

    def _story(self, run: Run) -> str:
        """Tell which task failed and how its log ends."""
        lines = [f"{run.dag_id} failed (run {run.run_id})"]
        for task in self.airflow.tasks(run):
            if task.state == "failed":
                folder = self.where.airflow_home / "logs" / f"dag_id={run.dag_id}" / f"run_id={run.run_id}"
                path = folder / f"task_id={task.task_id}" / f"attempt={task.try_number}.log"
                tail = self.airflow.log(run, task).splitlines()[-LOG_LINES:]
                lines += [f"  task {task.task_id} failed at try {task.try_number}; log: {path}"]
                lines += [f"    {line}" for line in tail]
        return "\n".join(lines)


def _finished_stages(runs: Iterable[Run]) -> dict[str, int]:
    names = {f"{run.dag_id}:{run.run_id}": run.dag_id for run in runs}
    with connect() as connection:
        rows = connection.execute(
            "select run_id, count(*) from ops.stage_run where run_id = any(%s) group by run_id", [list(names)]
        ).fetchall()
    return {names[run_id]: count for run_id, count in rows}
