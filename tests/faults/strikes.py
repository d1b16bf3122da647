"""The kinds of fault. A strike counts only when it can show that it hit something at work; otherwise it is None."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg

from tests.faults import sockets
from tests.faults.target import Target, kill, title
from tidu.settings import PROJECT_ROOT
from tidu.stack import components
from tidu.stack.airflow import SERVICES

FULL_FOR_SECONDS = (2.0, 6.0)
CLOCK_STEPS = (-40, 100)
"""Seconds; beyond the limits after which Airflow holds a scheduler or a task for dead."""

Strike = Callable[[Target, Random], str | None]


@dataclass(frozen=True)
class Kind:
    """One kind of fault, how often it is chosen, and whether it needs Airflow."""

    strike: Strike
    weight: int
    needs_airflow: bool = False


def task_process(target: Target, rng: Random) -> str | None:
    """SIGKILL the process that runs a task."""
    tasks = target.tasks()
    if not tasks:
        return None
    chosen = rng.choice(tasks)
    return f"{chosen.title} (pid {chosen.pid})" if _killed(chosen.pid) else None


def task_worker(target: Target, rng: Random) -> str | None:
    """SIGKILL the worker that watches a task, and with it whatever reports the task's fate."""
    tasks = target.tasks()
    if not tasks:
        return None
    chosen = rng.choice(tasks)
    return f"{chosen.title} (worker {chosen.worker})" if _killed(chosen.worker) else None


def part(name: str) -> Strike:
    """SIGKILL a part of the stack."""

    def strike(target: Target, rng: Random) -> str | None:
        pid = target.part(name)
        return f"{name} (pid {pid})" if pid is not None and _killed(pid) else None

    return strike


def postmaster(target: Target, rng: Random) -> str | None:
    """SIGKILL the PostgreSQL server; its sessions end, what was not on disk is lost, unlogged tables are emptied."""
    pid = target.postmaster()
    return f"postmaster (pid {pid})" if pid is not None and _killed(pid) else None


def backend(target: Target, rng: Random) -> str | None:
    """SIGKILL one session of the warehouse: the server ends all others and recovers from its log."""
    working = target.backends()
    if not working:
        return None
    pid = rng.choice(working)
    what = title(pid)
    return what if _killed(pid) else None


def warehouse_connection(target: Target, rng: Random) -> str | None:
    """Cut the TCP connection of one session of the warehouse."""
    return _cut_one(target.backends(), rng)


def department_connection(target: Target, rng: Random) -> str | None:
    """Cut every TCP connection of the department simulators."""
    pid = target.part("simulators")
    if pid is None:
        return None
    done = sum(sockets.cut(pid, descriptor) for descriptor in sockets.established(pid))
    return f"{done} connections of the simulators" if done else None


def airflow_connection(target: Target, rng: Random) -> str | None:
    """Cut the TCP connections of the api-server: of tasks that report, and its own to the database."""
    pid = target.part("api-server")
    if pid is None:
        return None
    done = sum(sockets.cut(pid, descriptor) for descriptor in sockets.established(pid))
    return f"{done} connections of the api-server" if done else None


def database_disk_full(target: Target, rng: Random) -> str | None:
    """Take the room from the database's disk for some seconds; shown by a write of our own that fails."""
    disk = target.database_disk
    if disk is None or not disk.mounted or not target.tasks() or not target.answers():
        return None
    if not disk.fill():
        return None
    try:
        refused = _database_refuses(target)
        time.sleep(rng.uniform(*FULL_FOR_SECONDS))
    finally:
        disk.make_room()
    return f"database: {refused}" if refused else None


def landing_disk_full(target: Target, rng: Random) -> str | None:
    """Take the room from the landing store's disk while a task pulls; shown by a write of our own that fails."""
    disk = target.landing_disk
    if disk is None or not disk.mounted or not any(".pull" in t.title or t.title == "walk" for t in target.tasks()):
        return None
    if not disk.fill():
        return None
    try:
        refused = _write_refused(disk.folder)
        time.sleep(rng.uniform(*FULL_FOR_SECONDS))
    finally:
        disk.make_room()
    return f"landing: {refused}" if refused else None


def clock_step(target: Target, rng: Random) -> str | None:
    """Set the clock of the whole stack forward or back; shown by what the running server says the time is."""
    if target.clock is None or not target.clock.available or not target.answers():
        return None
    before = _server_lead(target)
    step = rng.choice((-1, 1)) * rng.randint(25, 100)
    step = max(step, CLOCK_STEPS[0])
    target.clock.shift(round(before) + step)
    moved = round(_server_lead(target) - before)
    return f"{moved:+d} s" if abs(moved - step) <= 2 else None


def job_itself(target: Target, rng: Random) -> str | None:
    """SIGKILL the operator's own command."""
    return f"pid {target.job.pid}" if target.job and target.running and _killed(target.job.pid) else None


def second_job(target: Target, rng: Random) -> str | None:
    """Start the same job beside the one that runs."""
    if target.job is None or not target.running:
        return None
    if any(other.poll() is None and "scheduler" not in other.args for other in target.others):  # type: ignore[operator]
        return None
    as_of = target.job.args[-1]  # type: ignore[index]
    target.others.append(target.spawn(str(as_of)))
    return f"pid {target.others[-1].pid}"


def second_scheduler(target: Target, rng: Random) -> str | None:
    """Start another scheduler beside the stack's own, which takes tasks too; or end it with all of them."""
    for other in target.others:
        if other.poll() is None and "scheduler" in other.args:  # type: ignore[operator]
            gone = [kill(pid) for pid in components.session_members(other.pid)]
            return f"ended with {len(gone) - 1} processes of its own"
    pid = target.part("scheduler")
    if pid is None:
        return None
    try:
        pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        command = [sys.executable, "-m", "airflow", *SERVICES["scheduler"]]
    except OSError:
        return None
    environment = dict(pair.decode().split("=", 1) for pair in pairs if b"=" in pair)
    with (target.folder / "second-scheduler.log").open("ab") as sink:
        process = subprocess.Popen(
            command, env=environment, cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            start_new_session=True,
        )  # fmt: skip
    target.others.append(process)
    return f"pid {process.pid}"


KINDS: dict[str, Kind] = {
    "task process killed": Kind(task_process, 16),
    "task worker killed": Kind(task_worker, 6, needs_airflow=True),
    "scheduler killed": Kind(part("scheduler"), 7, needs_airflow=True),
    "api-server killed": Kind(part("api-server"), 5, needs_airflow=True),
    "dag-processor killed": Kind(part("dag-processor"), 2, needs_airflow=True),
    "simulators killed": Kind(part("simulators"), 6),
    "PostgreSQL killed": Kind(postmaster, 8),
    "database session killed": Kind(backend, 9),
    "database connection cut": Kind(warehouse_connection, 9),
    "department connections cut": Kind(department_connection, 8),
    "api-server connections cut": Kind(airflow_connection, 4, needs_airflow=True),
    "database disk full": Kind(database_disk_full, 5),
    "landing disk full": Kind(landing_disk_full, 5),
    "clock set": Kind(clock_step, 5),
    "job killed": Kind(job_itself, 4, needs_airflow=True),
    "second job beside it": Kind(second_job, 3),
    "second scheduler beside it": Kind(second_scheduler, 3, needs_airflow=True),
}


def _killed(pid: int) -> bool:
    """Kill a living process; tell whether it was at work and is gone."""
    started = components.start_time(pid)
    if started is None or not kill(pid):
        return False
    deadline = time.monotonic() + 10
    while components.start_time(pid) == started:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _cut_one(pids: list[int], rng: Random) -> str | None:
    for pid in rng.sample(pids, len(pids)):
        what = title(pid)
        if any(sockets.cut(pid, descriptor) for descriptor in sockets.established(pid)):
            return what
    return None


def _write_refused(folder: Path) -> str | None:
    probe = folder / ".probe"
    try:
        probe.write_bytes(b"x" * 65536)
    except OSError as error:
        return error.strerror if error.errno == errno.ENOSPC else None
    finally:
        probe.unlink(missing_ok=True)
    return None


def _database_refuses(target: Target) -> str | None:
    """Return what the server says to a table of a few megabytes; None when it takes it."""
    try:
        with psycopg.connect(target.dsn, connect_timeout=5) as connection:
            connection.execute("create table public.probe as select repeat('x', 1000) from generate_series(1, 20000)")
            connection.rollback()
    except psycopg.Error as error:
        return str(error).strip().splitlines()[0]
    return None


def _server_lead(target: Target) -> float:
    """How many seconds the server's clock is ahead of the machine's."""
    with psycopg.connect(target.dsn, connect_timeout=5) as connection:
        row = connection.execute("select extract(epoch from clock_timestamp())").fetchone()
    return float(row[0]) - time.time() if row else 0.0
