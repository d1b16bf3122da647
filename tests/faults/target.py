"""The stack that is struck: its own state folder, its job as an operator starts it, its processes by what they do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.faults.clocks import Clock
from tests.faults.disks import SmallDisk
from tidu.cli.bench import undisturbed_hour
from tidu.settings import PROJECT_ROOT
from tidu.stack import components, postgres
from tidu.stack.state import State

WORKER = "airflow worker -- LocalExecutor: "


@dataclass(frozen=True)
class Task:
    """A task at work: the process that runs it, the worker that watches that one, and what it is."""

    pid: int
    worker: int
    title: str


@dataclass
class Target:
    """One stack below `folder`. Without `airflow` the job is tests.faults.walk alone."""

    folder: Path
    world: Path
    airflow: bool = True
    strikable: bool = True
    """False for the undisturbed run: no clock, no disks of its own."""
    job: subprocess.Popen[bytes] | None = None
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)
    """Second jobs and schedulers started by strikes."""
    attempts: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.clock = Clock(self.folder) if self.strikable else None
        self.database_disk = SmallDisk(self.home / "postgres") if self.strikable else None
        self.landing_disk = SmallDisk(self.home / "landing") if self.strikable else None
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TIDU_", "AIRFLOW"))}
        path = os.pathsep.join([str(PROJECT_ROOT / "plugins"), str(PROJECT_ROOT)])
        self.environment = {
            **kept, "TIDU_HOME": str(self.home), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1",
            "TIDU_ASK_HOUR": str(undisturbed_hour()),
            **(self.clock.environment if self.clock else {}),
        }  # fmt: skip

    @property
    def state(self) -> State:
        return State(self.home)

    @property
    def dsn(self) -> str:
        return (self.home / "run" / "warehouse.dsn").read_text(encoding="utf-8").strip()

    @property
    def log(self) -> Path:
        return self.folder / "job.log"

    def start_job(self, as_of: str) -> None:
        """Start the job, as an operator does after every failure."""
        self.attempts += 1
        self.job = self.spawn(as_of)

    def spawn(self, as_of: str) -> subprocess.Popen[bytes]:
        if self.airflow:
            command = [sys.executable, "-m", "tidu.cli", "run", "--world", str(self.world), "--as-of", as_of]
        else:
            command = [sys.executable, "-m", "tests.faults.walk", str(self.world), as_of]
        with self.log.open("ab") as sink:
            sink.write(f"\n--- attempt {self.attempts} up to {as_of}\n".encode())
            sink.flush()
            return subprocess.Popen(
                command, env=self.environment, cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL, stdout=sink,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        return self.job is not None and self.job.poll() is None

    def part(self, name: str) -> int | None:
        """Return the pid of a part of the stack while it lives."""
        return components.living_pid(self.state.run / f"{name}.pid")

    def postmaster(self) -> int | None:
        """Return the pid of the PostgreSQL server while it answers."""
        if postgres.running_port(self.state.cluster_data) is None:
            return None
        return int((self.state.cluster_data / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def backends(self) -> list[int]:
        """Return the server processes that work for the warehouse's own sessions."""
        server = self.postmaster()
        return [pid for pid in children(server) if title(pid).startswith("postgres: tidu")] if server else []

    def tasks(self) -> list[Task]:
        """Return what is at work now; without Airflow that is the job itself."""
        if not self.airflow:
            return [Task(self.job.pid, self.job.pid, "walk")] if self.job and self.running else []
        schedulers = [self.part("scheduler"), *(other.pid for other in self.others if other.poll() is None)]
        workers = [pid for scheduler in schedulers if scheduler for pid in children(scheduler)]
        shown = {pid: title(pid).removeprefix(WORKER) for pid in workers if title(pid).startswith(WORKER)}
        busy = {pid: what for pid, what in shown.items() if what != "<idle>"}
        names = self._task_names(list(busy.values()))
        return [
            Task(pid, worker, names.get(what, what))
            for worker, what in busy.items()
            for pid in children(worker)
            if components.start_time(pid) is not None
        ]

    def _task_names(self, ids: list[str]) -> dict[str, str]:
        """Return `dag.task` of task instances, which workers show by their ids; empty while the server is away."""
        password = self.state.cluster_data.with_name("data.password")
        if not ids or self.postmaster() is None:
            return {}
        server = postgres.Cluster(
            self.state.cluster_data, self.state.ports()["postgres"], password.read_text(encoding="utf-8").strip()
        )
        try:
            with psycopg.connect(server.dsn("airflow"), connect_timeout=3) as connection:
                query = "select id::text, dag_id || '.' || task_id from task_instance where id::text = any(%s)"
                return dict(connection.execute(query, [ids]).fetchall())
        except psycopg.Error:
            return {}

    def accepted(self) -> int:
        """Return how many deliveries are accepted; -1 while the warehouse does not answer."""
        try:
            with psycopg.connect(self.dsn, connect_timeout=3) as connection:
                row = connection.execute("select count(*) from ops.delivery where state = 'accepted'").fetchone()
                return int(row[0]) if row else -1
        except (psycopg.Error, FileNotFoundError):
            return -1

    def answers(self) -> bool:
        """Tell whether the warehouse takes connections."""
        try:
            with psycopg.connect(self.dsn, connect_timeout=3):
                return True
        except (psycopg.OperationalError, FileNotFoundError):
            return False

    def take_down(self) -> None:
        """Stop everything that was started, and take the disks away."""
        for process in [self.job, *self.others]:
            if process is not None:
                for pid in components.session_members(process.pid):
                    kill(pid)
                process.wait()
        if self.clock:
            self.clock.shift(0)
        for disk in (self.database_disk, self.landing_disk):
            if disk and disk.mounted:
                disk.make_room()
        subprocess.run(
            [sys.executable, "-m", "tidu.cli", "down"], env=self.environment, cwd=PROJECT_ROOT, check=False,
            capture_output=True, timeout=300,
        )  # fmt: skip
        if self.postmaster() is not None:
            postgres.stop(self.state.cluster_data)
        for disk in (self.database_disk, self.landing_disk):
            if disk:
                disk.unmount()


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in thread.read_text(encoding="utf-8").split()]
        except OSError:
            continue
    return found


def title(pid: int) -> str:
    """Return the command line of a process as it shows itself; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def kill(pid: int) -> bool:
    """End a process with SIGKILL; return whether it was there."""
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return False
    return True
