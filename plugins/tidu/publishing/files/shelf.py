"""Where the files of a release lie: <releases root>/<release>/, each written once, whole or not at all.

files.json comes last and names the sha256 of every file and of the manifest they belong to; manifest.json is the
manifest in its canonical form, so its own sha256 is the release's. What is lost is made again, and has to be the same.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem
from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.publishing.files.dictionary import dictionary, write_dictionary
from tidu.publishing.files.sdmx import write_sdmx_files
from tidu.publishing.files.tables import write_tables
from tidu.publishing.files.workbook import Cover, write_workbook
from tidu.publishing.manifest import canonical
from tidu.publishing.trail import tell
from tidu.settings import settings

FILES_LOCK = 7_411_007
READ_ONLY = 0o440
MANIFEST, LISTING = "manifest.json", "files.json"


@dataclass(frozen=True)
class File:
    """One row of ops.release_file."""

    name: str
    sha256: str
    bytes: int


@acting_as(Role.PUBLISH)
def fill() -> list[int]:
    """Write the files of every published release that has none yet; return these releases.

    One whose files cannot be written does not keep others from theirs: TiduError names all of these at the end.
    """
    with connect() as connection:
        missing = unfiled(connection)
    each(missing, keep, "the files of release")
    return missing


def each(releases: Iterable[int], do: Callable[[int], object], what: str) -> None:
    """Do something for every release; TiduError at the end with what went wrong, naming `what` and the release."""
    failed: dict[int, Exception] = {}
    for release_id in releases:
        try:
            do(release_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others come first; it is told below
            failed[release_id] = error
    if failed:
        told = "; ".join(f"{what} {number}: {error}" for number, error in failed.items())
        raise TiduError(f"not written: {told}. `tidu release files` tries again") from next(iter(failed.values()))


def unfiled(connection: Connection[Any]) -> list[int]:
    """Return the published releases that have left no files yet."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "select release_id from ops.release as r where state = 'published' and not exists ("
            "  select from ops.release_file as f where f.release_id = r.release_id) order by release_id"
        ).fetchall()


@acting_as(Role.PUBLISH)
def keep(release_id: int) -> list[File]:
    """Write the files of a release into its folder, those that are missing; return all of them.

    Idempotence: files that are there stay. Raises TiduError when the release was never published, when a file there is
    not what was written, or when files made anew are not what the ledger says (other code or libraries made them).
    """
    with connect() as connection, tempfile.TemporaryDirectory(prefix="tidu-release-") as made:
        connection.execute("select pg_advisory_xact_lock(%s)", [FILES_LOCK])
        state = connection.execute("select state from ops.release where release_id = %s", [release_id]).fetchone()
        if state is None or state[0] not in ("published", "withdrawn"):
            raise TiduError(f"release {release_id} was never published, so it has no files; see `tidu release list`")
        known = listing(connection, release_id)
        if known and not _missing(release_id, known):
            return known
        folder = Path(made)
        found = make(connection, release_id, folder)
        other = sorted({f.name for f in set(known) ^ set(found)}) if known else []
        if other:
            raise TiduError(
                f"release {release_id}: files made now are not those it left ({', '.join(other)}): other code or"
                f" libraries made them; restore the folder {release_id}/ of the releases from a backup"
            )
        for name in [*(f.name for f in found), LISTING]:
            _put(folder / name, f"{release_id}/{name}")
        if not known:
            _record(connection, release_id, found, folder / LISTING)
        return found


def make(connection: Connection[Any], release_id: int, folder: Path) -> list[File]:
    """Make every file of a release in a folder, files.json besides; return them without it, in order of name."""
    row = connection.execute(
        "select period, as_of, manifest, manifest_sha256 from ops.release where release_id = %s", [release_id]
    ).fetchone()
    if row is None:
        raise TiduError(f"there is no release {release_id}; see `tidu release list`")
    period, as_of, manifest, sha256 = row
    connection.execute("set local datestyle = 'ISO'")
    (folder / MANIFEST).write_bytes(canonical(manifest))
    tables = write_tables(connection, release_id, folder)
    lines = dictionary(connection, release_id)
    write_dictionary(lines, folder / "dictionary.csv")
    write_workbook(tables, lines, Cover(release_id, period, as_of, sha256), folder, folder / "release.xlsx")
    write_sdmx_files(connection, release_id, as_of, folder)
    found = [File(path.name, _sha256(path), path.stat().st_size) for path in sorted(folder.iterdir())]
    told = {
        "release_id": release_id,
        "manifest_sha256": sha256,
        "files": {f.name: {"sha256": f.sha256, "bytes": f.bytes} for f in found},
    }
    (folder / LISTING).write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return found


def listing(connection: Connection[Any], release_id: int) -> list[File]:
    """Return the files a release left, by the ledger, in order of name; none where they were not written yet."""
    with connection.cursor(row_factory=class_row(File)) as cursor:
        return cursor.execute(
            'select name, sha256, bytes from ops.release_file where release_id = %s order by name collate "C"',
            [release_id],
        ).fetchall()


def address(release_id: int) -> str:
    """Return where the folder of a release is."""
    return f"{settings().releases_url.rstrip('/')}/{release_id}"


def read(release_id: int, name: str, sha256: str) -> bytes:
    """Return a file's bytes. Raises TiduError when they are not those of `sha256`, FileNotFoundError without a file."""
    system, root = _store()
    with system.open(f"{root}/{release_id}/{name}", "rb") as handle:
        content: bytes = handle.read()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise TiduError(f"release {release_id}: {name} has changed since it was written; restore it from a backup")
    return content


def holds(release_id: int, name: str) -> bool:
    """Tell whether a file lies in a release's folder."""
    system, root = _store()
    return bool(system.exists(f"{root}/{release_id}/{name}"))


def add(release_id: int, file: Path) -> None:
    """Lay a page made from a release beside its files; it is none of them, so the listing does not name it."""
    _put(file, f"{release_id}/{file.name}")


def _missing(release_id: int, known: list[File]) -> list[str]:
    """Return the names of files that are not there. Raises TiduError for one whose bytes have changed."""
    system, root = _store()
    absent = [f.name for f in known if not system.exists(f"{root}/{release_id}/{f.name}")]
    for file in known:
        if file.name not in absent:
            read(release_id, file.name, file.sha256)
    return absent if system.exists(f"{root}/{release_id}/{LISTING}") else [*absent, LISTING]


def _record(connection: Connection[Any], release_id: int, found: list[File], written: Path) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.release_file (release_id, name, sha256, bytes) values (%s, %s, %s, %s)",
            [[release_id, f.name, f.sha256, f.bytes] for f in found],
        )
    detail = {"files": len(found), "files_sha256": _sha256(written), "address": address(release_id)}
    tell(connection, release_id, "filed", "tidu.publishing.files", detail=detail)


def _put(made: Path, uri: str) -> None:
    """Copy a file into the store under its final name, if it is not there; never over another one."""
    system, root = _store()
    final = f"{root}/{uri}"
    if system.exists(final):
        with system.open(final, "rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != _sha256(made):
                raise TiduError(f"{final} is another file than release {uri.partition('/')[0]} has; move it away")
        return
    system.makedirs(final.rpartition("/")[0], exist_ok=True)
    partial = f"{final.rpartition('/')[0]}/.{uuid.uuid4().hex}"
    system.put_file(str(made), partial)
    if isinstance(system, LocalFileSystem):
        Path(partial).chmod(READ_ONLY)
        Path(partial).replace(final)
    else:
        system.mv(partial, final)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _store() -> tuple[Any, str]:
    system, root = fsspec.core.url_to_fs(settings().releases_url)
    return system, root.rstrip("/")
