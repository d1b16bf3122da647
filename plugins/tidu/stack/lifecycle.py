"""Up, down and status of the whole stack; each may be repeated and recovers from processes that were killed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tidu.settings import settings
from tidu.stack import airflow, components, databases, postgres, simulators
from tidu.stack.rest import Airflow
from tidu.stack.state import State

STOP_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Addresses:
    """What a person needs after `tidu up`."""

    airflow: str
    user: str
    password_file: str
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
        departments = simulators.component(where, found.tax_front)
        if departments.start(where):
            tell("department simulators started")
        simulators.wait_until_ready(where, departments)
        connections = simulators.connections(where, found.tax_front)
        env = airflow.environment(where, found.airflow, connections)
        parts = airflow.components(where, env)
        since: dict[str, dt.datetime] = {}
        if any(part.pid(where) is None for part in parts):
            airflow.prepare(where, env)
            for part in parts:
                if part.start(where):
                    since[part.name.replace("-", "_")] = dt.datetime.now(dt.UTC)
                    tell(f"airflow {part.name} started")
        airflow.wait_until_healthy(where, parts, since)
        client(where).ensure_pools(connections)
        tell(f"Airflow healthy at {airflow.base_url(where)}")
    return found


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


def addresses(where: State) -> Addresses:
    """Return where to look."""
    return Addresses(
        airflow=airflow.base_url(where),
        user=airflow.ADMIN,
        password_file=str(airflow.password_file(where)),
        data_docs=f"{airflow.base_url(where)}/tidu/data-docs/",
    )


def client(where: State) -> Airflow:
    """Return a REST client of this stack's Airflow, signed in as its administrator."""
    http = httpx.Client(base_url=airflow.base_url(where), timeout=30)
    return Airflow(http, airflow.ADMIN, where.secrets()["airflow_admin"])
