"""The simulators' own folder: what is served, with which accounts, on which ports.

Files are replaced whole, so that a running server and a publishing process never see half of one.
Accounts get random passwords once; the file that holds them is readable by its owner only.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

SFTP_ACCOUNTS = ("hr", "finance")
FOLDER_DEPARTMENTS = ("industry", "statistics")


@dataclass(frozen=True)
class Credentials:
    """The accounts of all departments. The repr shows no secret."""

    rest_client: str
    rest_secret: str = field(repr=False)
    sql_password: str = field(repr=False)
    sftp_passwords: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Ports:
    """Where the servers listen, and the process that does."""

    rest: int
    sftp: int
    pid: int


@dataclass(frozen=True)
class Entry:
    """One delivery as it is served now."""

    stamp: str
    rows: int
    open: bool = False
    """Left unfinished on purpose: no .ok yet, rows still missing, batch not listed."""
    rewrites: int = 0
    """How often the department wrote it anew; each time its completed_at is later."""


@dataclass(frozen=True)
class Served:
    """What a home serves: world.json."""

    world: Path
    as_of: date
    entries: dict[str, Entry]
    """By delivery name, `<dataset>:<YYYY-MM-DD>`."""


class Home:
    """Paths and records below one folder. Creating the object touches nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.world_file = self.folder / "world.json"
        self.ports_file = self.folder / "ports.json"
        self.credentials_file = self.folder / "credentials.json"
        self.host_key_file = self.folder / "ssh_host_key"
        self.sftp_root = self.folder / "sftp"

    def outbox(self, department: str) -> Path:
        """The folder an SFTP account sees as /outbox."""
        return self.sftp_root / department / "outbox"

    def watched(self, department: str) -> Path:
        """The folder a department drops its files into."""
        return self.folder / "folders" / department

    def prepare(self) -> None:
        """Make all folders, so that a server or a connection never points at nothing. Idempotent."""
        for folder in self.file_folders():
            folder.mkdir(parents=True, exist_ok=True)

    def file_folders(self) -> list[Path]:
        """Return every folder that holds files of deliveries."""
        return [*map(self.outbox, SFTP_ACCOUNTS), *map(self.watched, FOLDER_DEPARTMENTS)]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other publications out for as long as the context lasts; freed by the system if the process dies."""
        with (self.folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def credentials(self) -> Credentials:
        """Return the accounts, made with random passwords on first use. Safe among processes."""
        made = Credentials(
            rest_client="tidu",
            rest_secret=secrets.token_urlsafe(24),
            sql_password=secrets.token_urlsafe(24),
            sftp_passwords={account: secrets.token_urlsafe(24) for account in SFTP_ACCOUNTS},
        )
        create_once(self.credentials_file, json.dumps(asdict(made), indent=1).encode())
        return Credentials(**json.loads(self.credentials_file.read_bytes()))

    def ports(self) -> Ports | None:
        """Return where the servers listened last; None when they never ran."""
        record = _load(self.ports_file)
        return Ports(**record) if record else None

    def record_ports(self, ports: Ports) -> None:
        """Say where the servers listen."""
        replace(self.ports_file, json.dumps(asdict(ports)).encode())

    def served(self) -> Served | None:
        """Return what is served; None before the first publication."""
        record = _load(self.world_file)
        if not record:
            return None
        entries = {name: Entry(**entry) for name, entry in record["deliveries"].items()}
        return Served(Path(record["world"]), date.fromisoformat(record["as_of"]), entries)

    def record_served(self, served: Served) -> None:
        """Say what is served; the running server sees it at its next request."""
        document = {
            "world": str(served.world),
            "as_of": served.as_of.isoformat(),
            "deliveries": {name: asdict(entry) for name, entry in served.entries.items()},
        }
        replace(self.world_file, json.dumps(document, indent=1).encode())


def replace(path: Path, content: bytes, modified: datetime | None = None) -> None:
    """Write a file so that readers see the old or the new one, never a part; `modified` is the time it shows."""
    written = _beside(path, content)
    written.chmod(0o644)
    if modified is not None:
        os.utime(written, (modified.timestamp(), modified.timestamp()))
    written.replace(path)


def create_once(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 unless it exists; of two processes one wins and both read the same."""
    if path.exists():
        return
    written = _beside(path, content)
    try:
        path.hardlink_to(written)
    except FileExistsError:
        return
    finally:
        written.unlink()


def _beside(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "wb") as part:
        part.write(content)
    return Path(name)


def _load(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes())) if path.exists() else {}
