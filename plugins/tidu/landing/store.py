"""Where deliveries are kept for ever: <landing root>/<dataset>/<date>/<first 12 of sha256>_<name>.

A file appears under its final name whole or not at all, and is never written again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tidu.settings import settings

CHUNK = 1 << 20
READ_ONLY = 0o440


@dataclass(frozen=True)
class Landed:
    """A kept file; `uri` is its path below the landing root, so that the root can move."""

    uri: str
    sha256: str
    bytes: int


def keep(dataset: str, delivered_on: dt.date, file: Path) -> Landed:
    """Copy a local file into the store, hashing it on the way. Idempotence: the same bytes are kept once."""
    system, root = _store()
    system.makedirs(f"{root}/.incoming", exist_ok=True)
    incoming = f"{root}/.incoming/{uuid.uuid4().hex}"
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as source, system.open(incoming, "wb") as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    sha256 = digest.hexdigest()
    uri = f"{dataset}/{delivered_on}/{sha256[:12]}_{file.name}"
    final = f"{root}/{uri}"
    if system.exists(final):
        system.rm(incoming)
    else:
        system.makedirs(final.rpartition("/")[0], exist_ok=True)
        if isinstance(system, LocalFileSystem):
            Path(incoming).chmod(READ_ONLY)
        system.mv(incoming, final)
    return Landed(uri, sha256, size)


def read(uri: str) -> bytes:
    """Return a kept file's bytes; `uri` as in Landed."""
    system, root = _store()
    with system.open(f"{root}/{uri}", "rb") as handle:
        content: bytes = handle.read()
    return content


def _store() -> tuple[Any, str]:
    system, root = fsspec.core.url_to_fs(settings().landing_url)
    return system, root.rstrip("/")
