"""One background process of the stack: started in a session of its own, found again by its pid file.

A pid file holds pid and start time, so that a pid used again by a stranger is never taken for ours.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidu.errors import StackError
from tidu.settings import PROJECT_ROOT
from tidu.stack.state import State

LOG_TAIL_LINES = 12
LOG_KEPT_BYTES = 50_000_000
RECORD_AND_BECOME = (
    'read -r line < "/proc/$$/stat"; set -- "${line##*) }" "$@"; part=$1; shift;'
    ' echo "$$ $(echo "$part" | cut -d" " -f20)" > "$0.partial" && mv "$0.partial" "$0" && exec "$@"'
)
"""The process enters itself in its pid file before it becomes the program: were its parent to do so, a parent killed
in between would leave a process that nobody finds again."""


@dataclass(frozen=True)
class Component:
    """A named process; `command` never holds a secret, `environment` may."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    port: int | None = None
    """Port it will listen on, checked before the start."""

    def pid_file(self, where: State) -> Path:
        """Return where its pid is kept."""
        return where.run / f"{self.name}.pid"

    def log(self, where: State) -> Path:
        """Return where its output goes."""
        return where.logs / f"{self.name}.log"

    def pid(self, where: State) -> int | None:
        """Return the pid while the process lives; None when it never ran, ended or was killed."""
        return living_pid(self.pid_file(where))

    def start(self, where: State) -> bool:
        """Start it unless it runs; return whether it was started now.

        Raises StackError when its port is taken by another program or the program cannot be executed.
        """
        if self.pid(where) is not None:
            return False
        end_leftovers(self.pid_file(where))
        if self.port is not None and port_taken(self.port):
            raise StackError(
                f"{self.name}: port {self.port} is in use by another program;"
                f" free it, or delete {where.run / 'ports.json'} to choose new ports"
            )
        log = self.log(where)
        if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
            log.replace(log.with_suffix(".log.1"))
        if shutil.which(self.command[0]) is None:
            raise StackError(f"{self.name} could not be started: there is no program {self.command[0]}")
        with log.open("ab") as sink:
            process = subprocess.Popen(
                ["/bin/sh", "-c", RECORD_AND_BECOME, str(self.pid_file(where)), *self.command],
                env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                start_new_session=True, cwd=PROJECT_ROOT,
            )  # fmt: skip
        deadline = time.monotonic() + 10
        while process.poll() is None and _recorded(self.pid_file(where))[0] != process.pid:
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} could not be started: {self.pid_file(where)} was not written")
            time.sleep(0.005)
        return True

    def tail(self, where: State) -> str:
        """Return the last lines of its log."""
        log = self.log(where)
        if not log.exists():
            return "(no log)"
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:])


def stop(pid_file: Path, patience: float) -> None:
    """End a process by SIGTERM to itself alone, and after `patience` seconds by SIGKILL to its whole session.

    The children of Airflow's scheduler must not get the SIGTERM: it would wait for them for ever.
    """
    pid = living_pid(pid_file)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while living_pid(pid_file) is not None and time.monotonic() < deadline:
            time.sleep(0.05)
    end_leftovers(pid_file)
    pid_file.unlink(missing_ok=True)


def end_leftovers(pid_file: Path) -> None:
    """Kill what is left of the session a pid file names: workers that outlived a killed parent.

    Does nothing when the session's leader id now belongs to a process that is not ours.
    """
    if not pid_file.exists():
        return
    pid, started = _recorded(pid_file)
    # a session is ours only if the file says when its leader started; session 0 is that of the machine itself
    if started is None or pid <= 1 or start_time(pid) not in (None, started):
        return
    for member in session_members(pid):
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + 5
    while session_members(pid) and time.monotonic() < deadline:
        time.sleep(0.05)


def living_pid(pid_file: Path) -> int | None:
    """Return the pid a file names while that very process lives."""
    if not pid_file.exists():
        return None
    pid, started = _recorded(pid_file)
    return pid if started is not None and start_time(pid) == started else None


def session_members(session: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields is not None and fields[0] != "Z" and int(fields[3]) == session:
                found.append(int(entry.name))
    return found


def start_time(pid: int) -> str | None:
    """Return when a living process was started, in the kernel's ticks; None when there is none (or a zombie)."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else fields[19]


def port_taken(port: int) -> bool:
    """Tell whether someone listens on the port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _recorded(pid_file: Path) -> tuple[int, str | None]:
    if not pid_file.exists():
        return 0, None
    words = pid_file.read_text(encoding="utf-8").split()
    if len(words) != 2 or not all(word.isdigit() for word in words):
        return 0, None
    return int(words[0]), words[1]


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/<pid>/stat after the program's name: state, ppid, pgrp, session, ... start time."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
