"""The department simulators as one background process, reached like strangers: by command line and files.

A real deployment has none: there AIRFLOW_CONN_<DEPARTMENT> name the departments' own systems.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tidu.errors import StackError
from tidu.settings import PROJECT_ROOT
from tidu.stack.components import Component, port_taken
from tidu.stack.state import State

NAME = "simulators"
READY_WITHIN_SECONDS = 60


def environment(tax_front_dsn: str) -> dict[str, str]:
    """Return the environment of the simulators: they alone own the tax office's front database."""
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("TIDU_")}
    return {**inherited, "TAX_FRONT_DSN": tax_front_dsn, "LC_ALL": "C.UTF-8"}


def component(where: State, tax_front_dsn: str) -> Component:
    """Return the serving process."""
    command = [sys.executable, "-m", "simulators", "serve", "--home", str(where.simulators_home)]
    return Component(NAME, command, environment(tax_front_dsn))


def wait_until_ready(where: State, part: Component) -> None:
    """Return when every port of the simulators answers."""
    ports_file = where.simulators_home / "ports.json"
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        pid = part.pid(where)
        if pid is None:
            raise StackError(f"the simulators ended; end of {part.log(where)}:\n{part.tail(where)}")
        if ports_file.exists():
            record = json.loads(ports_file.read_text(encoding="utf-8"))
            if record["pid"] == pid and port_taken(record["rest"]) and port_taken(record["sftp"]):
                return
        time.sleep(0.1)
    raise StackError(f"the simulators do not answer after {READY_WITHIN_SECONDS} s; see {part.log(where)}")


def connections(where: State, tax_front_dsn: str) -> dict[str, str]:
    """Return department -> Airflow connection URI, passwords included: for environments, never for screens."""
    answer = _call(where, tax_front_dsn, "connections")
    found: dict[str, str] = json.loads(answer)
    return found


def publish(where: State, tax_front_dsn: str, world: Path, as_of: str) -> None:
    """Let the departments deliver a world up to a date. Idempotent: only what is new is prepared."""
    _call(where, tax_front_dsn, "publish", "--world", str(world), "--as-of", as_of)


def _call(where: State, tax_front_dsn: str, verb: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "simulators", verb, "--home", str(where.simulators_home), *arguments],
        check=False, env=environment(tax_front_dsn), capture_output=True, text=True, cwd=PROJECT_ROOT,
    )  # fmt: skip
    if done.returncode != 0:
        raise StackError(f"simulators {verb} failed:\n{done.stderr[-1500:]}")
    return done.stdout
