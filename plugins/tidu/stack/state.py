"""What the stack remembers below TIDU_HOME: ports chosen once, secrets made once, who holds the lock.

Secrets lie in one file of mode 0600 and reach processes through their environment, never by argument lists.
"""

from __future__ import annotations

import base64
import fcntl
import json
import locale
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tidu.errors import StackError
from tidu.settings import settings
from tidu.stack.postgres import free_port

LEAST_FREE_BYTES = 1_000_000_000
PORT_NAMES = ("postgres", "airflow")
SECRET_NAMES = (
    "jwt_secret",
    "fernet_key",
    "airflow_admin",
    "airflow_database",
    "tax_front_database",
    "warehouse_database",
)


@dataclass(frozen=True)
class State:
    """The folders of one stack. Built by `state()`."""

    home: Path

    @property
    def run(self) -> Path:
        """Pid files, ports, secrets, the warehouse's connection string."""
        return self.home / "run"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.home / "logs"

    @property
    def airflow_home(self) -> Path:
        """AIRFLOW_HOME: task logs and the generated password file."""
        return self.home / "airflow"

    @property
    def simulators_home(self) -> Path:
        """Where the department simulators keep what they serve."""
        return self.home / "simulators"

    @property
    def cluster_data(self) -> Path:
        """Data folder of the embedded PostgreSQL."""
        return self.home / "postgres" / "data"

    def prepare(self) -> None:
        """Make the folders. Raises StackError when the disk is too full or the folder cannot be written."""
        try:
            for folder in (self.home, self.run, self.logs, self.airflow_home, self.simulators_home):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StackError(
                f"state folder {self.home}: {error.strerror}; choose another one with TIDU_HOME"
            ) from error
        self.run.chmod(0o711)
        require_space(self.home, LEAST_FREE_BYTES)

    def ports(self) -> dict[str, int]:
        """Return the ports of this stack, chosen among the free ones at first use and kept in run/ports.json."""
        path = self.run / "ports.json"
        known = _read(path)
        missing = [name for name in PORT_NAMES if name not in known]
        if missing:
            known |= {name: str(free_port()) for name in missing}
            write_whole(path, known, 0o644)
        return {name: int(port) for name, port in known.items()}

    def secrets(self) -> dict[str, str]:
        """Return the secrets of this stack, made at first use and kept in run/secrets.json (0600)."""
        path = self.run / "secrets.json"
        known = _read(path)
        missing = [name for name in SECRET_NAMES if name not in known]
        if missing:
            known |= {name: _new_secret(name) for name in missing}
            write_whole(path, known, 0o600)
        return known

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the stack: a second `up` or `down` waits until the first has ended."""
        with (self.run / "stack.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def state() -> State:
    """Return the stack of the current TIDU_HOME."""
    return State(settings().home)


def require_space(folder: Path, least: int) -> None:
    """Raise StackError when less than `least` bytes are free where `folder` lies."""
    free = shutil.disk_usage(folder).free
    if free < least:
        raise StackError(
            f"only {free // 1_000_000} MB free at {folder}, {least // 1_000_000} MB needed;"
            " free some space or put the state elsewhere with TIDU_HOME"
        )


def require_locale(name: str = "C.UTF-8") -> None:
    """Raise StackError when the C library lacks the locale PostgreSQL is made with.

    Without it Chinese text would be compared by bytes: similarity of two company names would be 0.
    """
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        raise StackError(
            f"locale {name} is missing on this machine; install it (Debian: package libc-bin or locales)"
        ) from None
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _new_secret(name: str) -> str:
    if name == "fernet_key":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    if name == "airflow_admin":
        return secrets.token_urlsafe(12)
    return secrets.token_urlsafe(64 if name == "jwt_secret" else 24)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    content: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return content


def write_whole(path: Path, content: dict[str, str] | str, mode: int) -> None:
    """Write a small file whole or not at all, a dict as JSON."""
    partial = path.with_suffix(f"{path.suffix}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(content if isinstance(content, str) else json.dumps(content, indent=1))
    partial.replace(path)
