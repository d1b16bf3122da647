"""Where deliveries are kept for ever: <landing root>/<dataset>/<date>/<first 12 of sha256>_<name>.

A file appears under its final name whole or not at all, and is never written again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tidu.errors import TiduError
from tidu.settings import settings

CHUNK = 1 << 20
READ_ONLY = 0o440
INCOMING = ".incoming"
"""Folder of files being copied, below the landing root."""
FETCHING = "tidu-pull-"
"""How the names of temporary folders of pulls begin."""


@dataclass(frozen=True)
class Landed:
    """A kept file; `uri` is its path below the landing root, so that the root can move."""

    uri: str
    sha256: str
    bytes: int


def keep(dataset: str, delivered_on: dt.date, file: Path) -> Landed:
    """Copy a local file into the store, hashing it on the way. Idempotence: the same bytes are kept once.

    The file is on disk, name and all, before this returns: what the ledger says was received survives the machine.
    Raises OSError when the disk is full; nothing of the file stays.
    """
    system, root = _store()
    system.makedirs(f"{root}/{INCOMING}", exist_ok=True)
    incoming = f"{root}/{INCOMING}/{uuid.uuid4().hex}"
    try:
        sha256, size = _copy(file, system, incoming)
        uri = f"{dataset}/{delivered_on}/{sha256[:12]}_{file.name}"
        final = f"{root}/{uri}"
        if not system.exists(final) or system.size(final) != size:
            system.makedirs(final.rpartition("/")[0], exist_ok=True)
            if isinstance(system, LocalFileSystem):
                _move_durably(Path(incoming), Path(final))
            else:
                system.mv(incoming, final)
    finally:
        if system.exists(incoming):
            system.rm(incoming)
    return Landed(uri, sha256, size)


def read(uri: str, sha256: str | None = None) -> bytes:
    """Return a kept file's bytes; `uri` as in Landed.

    Raises TiduError when they are not those of `sha256`: the store was damaged, which is no fault of the department.
    """
    system, root = _store()
    with system.open(f"{root}/{uri}", "rb") as handle:
        content: bytes = handle.read()
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise TiduError(f"{uri} in the landing store has changed since it was received; restore it from a backup")
    return content


def sweep(older_than: dt.timedelta = dt.timedelta(days=1)) -> int:
    """Remove what pulls that were killed left behind half fetched or half copied; return how many files and folders."""
    latest = time.time() - older_than.total_seconds()
    left = list(Path(tempfile.gettempdir()).glob(f"{FETCHING}*"))
    system, root = _store()
    if isinstance(system, LocalFileSystem):
        left += Path(root, INCOMING).glob("*")
    swept = 0
    for path in left:
        with suppress(FileNotFoundError):  # another pull sweeps too
            if path.lstat().st_mtime < latest:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                swept += 1
    return swept


def _copy(file: Path, system: Any, incoming: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as source, system.open(incoming, "wb") as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return digest.hexdigest(), size


def _move_durably(incoming: Path, final: Path) -> None:
    """Rename within the store; content first, then the folders that lead to it are forced to disk."""
    incoming.chmod(READ_ONLY)
    _sync(incoming)
    incoming.replace(final)
    for folder in (final.parent, final.parent.parent, final.parent.parent.parent):
        _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _store() -> tuple[Any, str]:
    system, root = fsspec.core.url_to_fs(settings().landing_url)
    return system, root.rstrip("/")
