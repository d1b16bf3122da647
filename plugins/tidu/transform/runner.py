"""Runs one stage of the dbt project in this process and writes every node's state to the ledger.

One `dbt build` per stage, never one process per model. The state folder holds target and logs, so
the project folder stays clean and the partial parse survives from stage to stage.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from tidu.errors import TiduError
from tidu.ledger.database import connect, stage_role
from tidu.ledger.roles import Role, acting_as
from tidu.ledger.runs import stage as stage_run
from tidu.settings import PROJECT_ROOT, settings
from tidu.transform.gate import judge, set_bounds
from tidu.transform.probable import find_probable
from tidu.transform.tiers.assess import assess
from tidu.transform.wholeness import Hold, hold

STAGES = ("stage", "link", "mart", "tier", "monitor")
"""In the order they are built; the figures count who is ready for a tier, if any was ever assessed."""
PROJECT = PROJECT_ROOT / "dbt_project"
THREADS = 2
BUILD_OPTIONS = ("--indirect-selection", "buildable", "--exclude-resource-type", "unit_test")
"""A stage runs the data tests of what it builds; unit tests belong to the test suite."""
OUTPUTS = {
    "stage": ("stg_",),
    "link": ("int_enterprise__account_link", "int_enterprise__record_link"),
    "mart": ("enterprise",),
    "tier": ("int_tier__input",),
    "monitor": ("int_monitoring__city_month", "int_monitoring__district_month"),
}
"""Models, by the beginning of their names, whose rows are what a stage puts out."""
FAILED = ("error", "fail", "runtime error")
BEFORE_STEP = {"link": ("+int_identity__certain_match",), "tier": ("+int_tier__input", "+int_tier__evidence")}
"""What of a stage has to stand before the step between its two passes."""


@dataclass(frozen=True)
class NodeRun:
    """What became of one dbt node: a model, seed or test."""

    node: str
    status: str
    seconds: float
    rows_affected: int | None
    message: str | None

    @property
    def model(self) -> str:
        """Name of the model; empty for a node that is none."""
        kind, _, name = self.node.split(".", 2)
        return name if kind == "model" else ""


@acting_as(Role.TRANSFORM)
def build(
    stage: str, run_id: str, vars: Mapping[str, str] | None = None, *, since: str = "", full_refresh: bool = False
) -> tuple[NodeRun, ...]:
    """Build every dbt node of a stage, with its tests; return what became of each.

    Args:
        stage: one of `STAGES`.
        run_id: the pipeline run the states are recorded under.
        vars: what the build is for: `as_of`, the business date, and `series_start`, the first day of the published
            series (empty: the month of the earliest accepted delivery); both YYYY-MM-DD.
        since: an earlier stage to begin with, if several are to be built at once; what they put out is counted as one.
        full_refresh: make incremental tables from nothing too; ids once given out stay known all the same.

    Idempotence: the same deliveries and variables give the same tables. Waits for a build that runs now; earlier
    stages whose unlogged tables a crash of the server emptied are built along with it.
    Raises LinkageGateClosed when the links measured beyond their bounds, TiduError naming every failed node with its
    message; tables of failed models keep their last good state.
    """
    unknown = {stage, since or stage} - set(STAGES)
    if unknown:
        raise TiduError(f"no build stage {min(unknown)}; there are {', '.join(STAGES)}")
    variables = {name: value for name, value in (vars or {}).items() if value}
    if "as_of" not in variables:
        raise TiduError(f"{run_id}: the business date is missing, pass as_of to the stage {stage}")
    _dates(variables)
    with stage_run(run_id, stage) as counts, hold(stage, run_id, variables["as_of"], since) as build_:
        options = [*BUILD_OPTIONS, "--full-refresh"] if full_refresh else BUILD_OPTIONS
        if "link" in build_.stages:
            set_bounds()
        nodes = _in_passes(build_, options, variables, run_id)
        _record(run_id, stage, nodes)
        judge(run_id, variables["as_of"], nodes)
        failed = [n for n in nodes if n.status in FAILED]
        if failed:
            raise TiduError(
                f"{run_id}: stage {stage}: " + "; ".join(f"{n.node}: {(n.message or n.status).strip()}" for n in failed)
            )
        counts.rows_out = sum(n.rows_affected or 0 for n in nodes if n.model.startswith(OUTPUTS[stage]))
    return nodes


def _in_passes(build_: Hold, options: Sequence[str], variables: Mapping[str, str], run_id: str) -> tuple[NodeRun, ...]:
    """Build the stages of a build, as many at once as there is no step between that is no SQL.

    A pass that failed is the end of it: what comes later would be made from what it left.
    """
    steps: dict[str, Callable[[], object]] = {
        "link": lambda: find_probable(build_.token),
        "tier": lambda: assess(build_.token, run_id, dt.date.fromisoformat(variables["as_of"])),
    }
    nodes: tuple[NodeRun, ...] = ()
    waiting: list[str] = []
    done: list[str] = []
    for stage in build_.stages:
        if stage not in steps:
            waiting.append(f"tag:{stage}")
            continue
        before = BEFORE_STEP[stage]
        selected = [*waiting, *(f"tag:{stage},{chosen}" for chosen in before)]
        nodes += invoke(["build", "--select", *selected, *_but(done), *options], variables, build_.token)
        if any(n.status in FAILED for n in nodes):
            return nodes
        steps[stage]()
        waiting, done = [f"tag:{stage}"], list(before)
    return nodes + invoke(["build", "--select", *waiting, *_but(done), *options], variables, build_.token)


def _but(done: Sequence[str]) -> list[str]:
    return ["--exclude", *done] if done else []


def read_project() -> None:
    """Have dbt read the project now, so that the first build need not: what it read is kept in the state folder.

    Idempotence: does nothing where it was read before; dbt itself takes up what changed since.
    """
    if not (settings().home / "dbt" / "target" / "partial_parse.msgpack").exists():
        invoke(["parse"], {})


@acting_as(Role.TRANSFORM)
def invoke(command: Sequence[str], variables: Mapping[str, str], token: str = "") -> tuple[NodeRun, ...]:
    """Run one dbt command on the warehouse; return its nodes, and what failed of the statements at its end.

    Raises TiduError when dbt itself breaks.
    Its sessions bear the variables as settings, and `token`, the build they belong to; see tidu.transform.wholeness.
    """
    from dbt.cli.main import dbtRunner

    _spare_the_stack()
    home = settings().home / "dbt"
    home.mkdir(parents=True, exist_ok=True)
    arguments = [
        *command,
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(home / "target"), "--log-path", str(home / "logs")),
        *("--log-level", "none", "--log-level-file", "info", "--no-write-json", "--no-version-check"),
    ]
    with _environment(_session_settings(variables, token)):
        outcome = dbtRunner().invoke(arguments)
    if outcome.exception is not None:
        raise TiduError(f"dbt {command[0]}: {outcome.exception}; the log is in {home / 'logs'}") from outcome.exception
    nodes = [_node(r) for r in getattr(outcome.result, "results", ())]
    return tuple(n for n in nodes if n.status in FAILED or not n.node.startswith("operation."))


def _spare_the_stack() -> None:
    """Keep dbt from walking the whole call stack to learn which module asks for its behaviour flags: its adapter does.

    Below Airflow, with its thousands of modules, the answer takes as long as reading the project.
    """
    from dbt_common import behavior_flags

    rendered: Any = behavior_flags.BehaviorFlagRendered
    rendered._default_source = staticmethod(lambda: "dbt.adapters.postgres.impl")


def _dates(variables: Mapping[str, str]) -> dict[str, dt.date]:
    try:
        return {name: dt.date.fromisoformat(value) for name, value in variables.items()}
    except ValueError as error:
        raise TiduError(f"{dict(variables)}: {error}; dates are YYYY-MM-DD") from None


def _session_settings(variables: Mapping[str, str], token: str) -> str:
    """Return options of libpq. Raises TiduError for a variable that is no date."""
    told = "".join(f" -c tidu.{name}={date}" for name, date in _dates(variables).items())
    return f"-c synchronous_commit=off -c tidu.build={token}{told}"


@contextmanager
def _environment(options: str) -> Iterator[None]:
    """Give dbt the warehouse's address and its sessions their settings by environment variables, for one command.

    What dbt makes is derived and can be made again, so its commits need not wait for the disk.
    """
    address = conninfo_to_dict(settings().warehouse_dsn())
    values = {
        "TIDU_DBT_HOST": address.get("host") or "127.0.0.1",
        "TIDU_DBT_PORT": address.get("port") or "5432",
        "TIDU_DBT_USER": address.get("user") or "postgres",
        "TIDU_DBT_PASSWORD": address.get("password") or "",
        "TIDU_DBT_DATABASE": address.get("dbname") or "postgres",
        "TIDU_DBT_ROLE": stage_role() or "",
        "TIDU_DBT_THREADS": str(THREADS),
        "PGOPTIONS": options,
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update({name: str(value) for name, value in values.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _node(result: Any) -> NodeRun:
    rows = (result.adapter_response or {}).get("rows_affected")
    return NodeRun(
        node=result.node.unique_id,
        status=str(result.status),
        seconds=float(result.execution_time),
        rows_affected=int(rows) if isinstance(rows, int) and rows >= 0 else None,
        message=str(result.message) if result.message else None,
    )


def _record(run_id: str, stage: str, nodes: Sequence[NodeRun]) -> None:
    with connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.dbt_node_run (run_id, stage, node, status, seconds, rows_affected, message)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [(run_id, stage, n.node, n.status, n.seconds, n.rows_affected, n.message) for n in nodes],
        )
