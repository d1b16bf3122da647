"""Up, down and status of the whole stack; each may be repeated and recovers from processes that were killed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from tidu.settings import settings
from tidu.stack import airflow, components, databases, postgres, simulators
from tidu.stack.rest import Airflow
from tidu.stack.state import State, write_whole

STOP_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Addresses:
    """What a person needs after `tidu up`."""

    airflow: str
    user: str
    password_file: str
    cockpit: str
    data_docs: str
    dsn_command: str = "tidu dsn"


@dataclass(frozen=True)
class Part:
    """One line of `tidu status`."""

    name: str
    running: bool
    detail: str


def up(where: State, tell: Callable[[str], None]) -> databases.Databases:
    """Bring everything up that is not up yet and wait until it is healthy.

    Raises StackError with what is wrong and what to do; what was started stays for `down` or the next `up`.
    """
    where.prepare()
    with where.lock():
        found = databases.start(where)
        tell("PostgreSQL ready" + (f" on port {where.ports()['postgres']}" if found.embedded else " (TIDU_DSN)"))
        if found.without_roles:
            tell(found.without_roles)
        departments = simulators.component(where, found.tax_front)
        if departments.start(where):
            tell("department simulators started")
        simulators.wait_until_ready(where, departments)
        connections = simulators.connections(where, found.tax_front)
        env = airflow.environment(where, found.airflow, connections)
        parts = airflow.components(where, env)
        since: dict[str, dt.datetime] = {}
        if _have_moved(where, connections):
            for name in airflow.STOP_ORDER:
                components.stop(where.run / f"{name}.pid", STOP_PATIENCE_SECONDS)
        running = [part for part in parts if part.pid(where) is not None]
        if not running:
            airflow.prepare(where, env)
        if len(running) < len(parts):
            for part in parts:
                if part.start(where):
                    since[part.name.replace("-", "_")] = dt.datetime.now(dt.UTC)
                    tell(f"airflow {part.name} started")
            _read_project()
        airflow.wait_until_healthy(where, parts, since)
        client(where).ensure_pools(connections)
        tell(f"Airflow healthy at {airflow.base_url(where)}")
    return found


def _read_project() -> None:
    """Read the dbt project while Airflow comes up. Imported here: what dbt needs takes every other command seconds."""
    from tidu.transform import read_project

    read_project()


def _have_moved(where: State, connections: Mapping[str, str]) -> bool:
    """Tell whether the departments are elsewhere than when Airflow was started; its processes keep what they got."""
    file = where.run / "connections.sha256"
    now = hashlib.sha256(json.dumps(connections, sort_keys=True).encode()).hexdigest()
    before = file.read_text(encoding="utf-8") if file.exists() else now
    write_whole(file, now, 0o600)
    return before != now


def down(where: State, tell: Callable[[str], None]) -> None:
    """Stop everything, the scheduler first and PostgreSQL last. Harmless when nothing runs."""
    if not where.run.exists():
        tell("nothing was ever started here")
        return
    with where.lock():
        for name in (*airflow.STOP_ORDER, simulators.NAME):
            pid_file = where.run / f"{name}.pid"
            if pid_file.exists():
                components.stop(pid_file, STOP_PATIENCE_SECONDS)
                tell(f"{name} stopped")
        if postgres.running_port(where.cluster_data) is not None:
            postgres.stop(where.cluster_data)
            tell("PostgreSQL stopped")


def status(where: State) -> list[Part]:
    """Return what runs; healthy or not is Airflow's own word."""
    port = postgres.running_port(where.cluster_data)
    embedded = settings().dsn is None
    parts = [Part("postgres", port is not None or not embedded, f"port {port}" if embedded else "TIDU_DSN")]
    health = airflow.health(where) if where.run.exists() else {}
    for name in (simulators.NAME, *airflow.SERVICES):
        pid = components.living_pid(where.run / f"{name}.pid")
        word = health.get(name.replace("-", "_"), "") if name != "api-server" else ("healthy" if health else "")
        parts.append(Part(name, pid is not None, f"pid {pid} {word}".strip() if pid else "not running"))
    return parts


def dead_parts(where: State) -> list[str]:
    """Return the parts this machine should run and does not, in the order of their start."""
    dead = [] if settings().dsn or postgres.running_port(where.cluster_data) is not None else ["postgres"]
    parts = (simulators.NAME, *airflow.SERVICES)
    return dead + [name for name in parts if components.living_pid(where.run / f"{name}.pid") is None]


def addresses(where: State) -> Addresses:
    """Return where to look."""
    return Addresses(
        airflow=airflow.base_url(where),
        user=airflow.ADMIN,
        password_file=str(airflow.password_file(where)),
        cockpit=f"{airflow.base_url(where)}/tidu-cockpit/",
        data_docs=f"{airflow.base_url(where)}/tidu/data-docs/",
    )


def client(where: State) -> Airflow:
    """Return a REST client of this stack's Airflow, signed in as its administrator."""
    http = httpx.Client(base_url=airflow.base_url(where), timeout=30)
    return Airflow(http, airflow.ADMIN, where.secrets()["airflow_admin"])
