"""Backup of what cannot be made again, and its way back: the warehouse's dump, and the landed files it speaks of.

Airflow's own database, secrets and Data Docs are not in it: they are made anew. Dump and list of files are of
one snapshot, and landed files never change, so a backup taken while the platform works is whole. Files of earlier
backups into the same folder are not copied twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

from tidu.errors import StackError
from tidu.ledger.database import connect, migrate
from tidu.ledger.proof import prove
from tidu.settings import settings
from tidu.stack import databases, postgres
from tidu.stack.state import State

DUMP, LANDING, MANIFEST = "warehouse.dump", "landing", "manifest.json"
SCHEMAS = ("raw", "staging", "intermediate", "mart", "publish", "reading", "ops")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Copied:
    """What a backup holds, or a restore brought back."""

    deliveries: int
    files: int
    """Landed files in all; those copied now may be fewer."""
    dump_bytes: int


def back_up(folder: Path) -> Copied:
    """Write the warehouse and its landed files into a folder.

    Idempotence: the dump is replaced whole, files that are there already stay. Raises StackError when a program of
    PostgreSQL fails or a landed file is missing.
    """
    dsn = settings().warehouse_dsn()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = folder / f"{DUMP}.partial"
    with connect(dsn) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        files = _landed(connection)
        deliveries, snapshot = connection.execute(
            "select (select count(*) from ops.delivery), pg_export_snapshot()"
        ).fetchone() or (0, "")
        chosen = [f"--snapshot={snapshot}", *(f"--schema={s}" for s in SCHEMAS)]
        _run("pg_dump", dsn, ["--format=custom", "--file", str(partial), *chosen])
    system, root = fsspec.core.url_to_fs(settings().landing_url)
    for uri in files:
        target = folder / LANDING / uri
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            waiting = target.with_name(f".{target.name}.partial")
            try:
                system.get_file(f"{root.rstrip('/')}/{uri}", str(waiting))
            except FileNotFoundError as error:
                raise StackError(f"{uri} is in the ledger and not in the landing store {root}") from error
            waiting.replace(target)
    partial.replace(folder / DUMP)
    manifest = {
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "dump_sha256": _sha256(folder / DUMP),
        "deliveries": deliveries,
        "landed": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return Copied(deliveries, len(files), (folder / DUMP).stat().st_size)


def restore(folder: Path, where: State) -> Copied:
    """Bring a backup back into an empty warehouse and landing store, and prove that it is whole.

    Starts or reaches PostgreSQL, but nothing else. Idempotence: interrupted, it is run again. Raises StackError when
    the warehouse holds deliveries already, the backup is damaged, a landed file is not what the ledger says, or the
    ledger does not balance.
    """
    manifest = _manifest(folder)
    files = manifest["landed"]
    where.prepare()
    with where.lock():
        dsn = databases.start(where).warehouse
        with connect(dsn, autocommit=True) as connection:
            if connection.execute("select exists (select from ops.delivery)").fetchone() == (True,):
                raise StackError("this warehouse holds deliveries; a backup goes into an empty one (another TIDU_HOME)")
            _bring_back(folder, files)
            connection.execute(f"drop schema if exists {', '.join(SCHEMAS)} cascade".encode())
        # what the dump says of owners and rights is of its own server; migrate gives both anew
        whole = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        _run("pg_restore", dsn, [*whole, str(folder / DUMP)])
        migrate(dsn)
        with connect(dsn, autocommit=True) as connection:
            connection.execute("analyze")
            (deliveries,) = connection.execute("select count(*) from ops.delivery").fetchone() or (0,)
    if deliveries != manifest["deliveries"]:
        raise StackError(f"{deliveries} deliveries came back, the backup names {manifest['deliveries']}")
    wrong = prove()
    if wrong:
        raise StackError(f"the ledger does not balance after the restore: {wrong[0]}")
    return Copied(deliveries, len(files), (folder / DUMP).stat().st_size)


def _landed(connection: psycopg.Connection) -> dict[str, str]:
    """Return sha256 by path below the landing root of every landed file."""
    return dict(connection.execute("select distinct landed_uri, sha256 from ops.delivery order by 1").fetchall())


def _bring_back(folder: Path, files: dict[str, str]) -> None:
    """Copy landed files into the landing store, each only if it is what the ledger says."""
    system, root = fsspec.core.url_to_fs(settings().landing_url)
    for uri, sha256 in files.items():
        source = folder / LANDING / uri
        if not source.exists() or _sha256(source) != sha256:
            raise StackError(f"{source} is missing or damaged; the ledger expects sha256 {sha256}")
        target = f"{root.rstrip('/')}/{uri}"
        if not system.exists(target):
            system.makedirs(target.rpartition("/")[0], exist_ok=True)
            system.put_file(str(source), target)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StackError(f"{folder} holds no backup: {MANIFEST} is missing") from error
    if _sha256(folder / DUMP) != manifest["dump_sha256"]:
        raise StackError(f"{folder / DUMP} is damaged: its sha256 is not the one in {MANIFEST}")
    return manifest


def _run(program: str, dsn: str, arguments: Sequence[str]) -> None:
    """Run a client program of PostgreSQL; the password goes by its environment."""
    address = conninfo_to_dict(dsn)
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE"}
    env = {**os.environ, **{name: str(address[key]) for key, name in names.items() if address.get(key)}}
    command = [_program(program), "--no-password", "--dbname", str(address["dbname"]), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise StackError(f"{program} failed: {done.stderr.strip()[-1500:]}")


def _program(name: str) -> str:
    """Return the program of the embedded server's wheel, which is as new as any server tidu meets, else the PATH's."""
    for found in (postgres.programs() / name, shutil.which(name)):
        if found and Path(found).exists():
            return str(found)
    raise StackError(f"{name} is neither in the wheel of PostgreSQL nor on the PATH")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as handle:
        while block := handle.read(CHUNK):
            yield block
