"""Airflow as four processes of this machine: which commands, in which environment, and when they are healthy.

`SERVICES` and `environment` are also what the compose file is tested against. Nothing here imports Airflow.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx

from tidu.errors import StackError
from tidu.settings import PROJECT_ROOT, settings
from tidu.stack.components import Component
from tidu.stack.state import State, write_whole

SERVICES: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
"""Sub-commands of `airflow`, in the order of their start."""

STOP_ORDER = ("scheduler", "triggerer", "dag-processor", "api-server")
HEALTH_KEYS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
ADMIN = "admin"
PARALLELISM = 4
HEALTHY_WITHIN_SECONDS = 120
NEVER: Mapping[str, dt.datetime] = {}

TUNING: dict[str, str] = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    # 1 s of sleep between two looks costs a second per task of a chain; 0.1 costs a fifth of a core while tasks run
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
    "AIRFLOW__API__WORKERS": "1",
    # tasks of a scheduler or worker that was killed are run again within a minute, not after five
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    # the 5 s of Airflow's own let tasks fail on a machine that is busy
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
    # a supervisor that sees its task's sockets close before the process has ended sleeps for this long: 5 s by default
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "GX_ANALYTICS_ENABLED": "False",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
    "LC_ALL": "C.UTF-8",
}
"""Settings that do not depend on the machine."""


def environment(where: State, database_dsn: str, connections: Mapping[str, str]) -> dict[str, str]:
    """Return the environment every Airflow process of this stack gets, secrets included.

    `connections` maps departments to Airflow URIs; a variable AIRFLOW_CONN_<DEPARTMENT> that is set already wins.
    """
    secrets = where.secrets()
    address = base_url(where)
    own = {
        **TUNING,
        "TIDU_HOME": str(where.home),
        "AIRFLOW_HOME": str(where.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _with_driver(database_dsn, "psycopg2"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": _with_driver(database_dsn, "psycopg"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(where.ports()["airflow"]),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__API__SECRET_KEY": secrets["jwt_secret"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets["jwt_secret"],
        "AIRFLOW__CORE__FERNET_KEY": secrets["fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file(where)),
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    named = {f"AIRFLOW_CONN_{department.upper()}": uri for department, uri in connections.items()}
    if settings().dsn is None:
        inherited.pop("TIDU_DSN", None)
    return {**named, **inherited, **own}


def password_file(where: State) -> Path:
    """Return the file in which Airflow's simple auth manager finds the generated password."""
    return where.airflow_home / "passwords.json"


def base_url(where: State) -> str:
    """Return the address of Airflow's pages and API."""
    return f"http://127.0.0.1:{where.ports()['airflow']}"


def components(where: State, env: Mapping[str, str]) -> list[Component]:
    """Return the four processes in the order of their start."""
    port = where.ports()["airflow"]
    return [
        Component(name, [sys.executable, "-m", "airflow", *arguments], env, port if name == "api-server" else None)
        for name, arguments in SERVICES.items()
    ]


def prepare(where: State, env: Mapping[str, str]) -> None:
    """Write the password file and bring Airflow's database to its version. Safe to repeat."""
    write_whole(password_file(where), {ADMIN: where.secrets()["airflow_admin"]}, 0o600)
    done = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        check=False,
        env=dict(env),
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
    )
    if done.returncode != 0:
        raise StackError(f"airflow db migrate failed:\n{(done.stdout + done.stderr)[-1500:]}")


def health(where: State, since: Mapping[str, dt.datetime] = NEVER) -> dict[str, str]:
    """Return the state of each part as Airflow reports it; empty when the api-server does not answer.

    A heartbeat from before a part's `since` counts for nothing: it is that of a process that was killed.
    """
    try:
        answer = httpx.get(f"{base_url(where)}/api/v2/monitor/health", timeout=5)
    except httpx.TransportError:
        return {}
    if answer.status_code != httpx.codes.OK:
        return {}
    found = {key: answer.json().get(key) or {} for key in HEALTH_KEYS}
    return {key: _word(key, part, since.get(key)) for key, part in found.items()}


def wait_until_healthy(where: State, parts: list[Component], since: Mapping[str, dt.datetime]) -> None:
    """Return when all parts are healthy, those in `since` by a heartbeat from after their start.

    Raises StackError naming the part that died or does not get well.
    """
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    seen: dict[str, str] = {}
    while time.monotonic() < deadline:
        for part in parts:
            if part.pid(where) is None:
                raise StackError(f"airflow {part.name} ended; end of {part.log(where)}:\n{part.tail(where)}")
        seen = health(where, since)
        if seen and all(status == "healthy" for status in seen.values()):
            return
        time.sleep(0.2)
    raise StackError(
        f"Airflow is not healthy after {HEALTHY_WITHIN_SECONDS} s: {seen or 'no answer'}; see {where.logs}"
    )


def _word(key: str, part: Mapping[str, str | None], since: dt.datetime | None) -> str:
    beat = part.get(f"latest_{key}_heartbeat")
    if since is not None and beat is not None and dt.datetime.fromisoformat(beat) < since:
        return "starting"
    return str(part.get("status"))


def _with_driver(dsn: str, driver: str) -> str:
    """Turn a libpq URI into SQLAlchemy's, with the driver written out."""
    return urlunsplit(urlsplit(dsn)._replace(scheme=f"postgresql+{driver}"))
