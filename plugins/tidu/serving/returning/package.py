"""The package of a district: written whole or not at all, recorded, never written again.

It lies below <TIDU_HOME>/returns/districts/<code>/, a folder that an administrator can open to the district alone. Its
manifest names the release, the master and the assessment it tells of, and the sha256 of every file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.districts import role_of, session_of
from tidu.ledger.roles import Role, acting_as
from tidu.serving.returning.contents import Written, masked, recipe, write_files
from tidu.settings import settings

LOCK = 7_411_018
FOLDER = "districts"
MANIFEST = "manifest.json"
UNASSIGNED = "370299"
"""Enterprises whose district nobody knows: the city follows them."""
READ_ONLY, FOR_ITS_READERS = 0o440, 0o750
"""Others than the account that runs tidu get in where an administrator lets them."""
BASIS = """
select r.release_id, r.period, r.as_of as released_as_of, r.manifest_sha256 as release_manifest_sha256,
    (select max(b.as_of) from mart.enterprise_build as b) as master_as_of,
    (select b.token from ops.build_run as b where b.stage = 'mart' and b.finished_at is not null) as master
from ops.release as r
where r.state = 'published'
order by r.release_id desc limit 1
"""
ASSESSED = "select as_of, built_at::text from mart.tier_run order by as_of desc limit 1"
DISTRICTS = """
select m.district_code, min(m.district_name)
from publish.district_monthly as m
where m.release_id = %(release_id)s and m.period = %(period)s and m.breakdown = '' and m.district_code <> %(unassigned)s
group by m.district_code order by m.district_code
"""
TICKETS = """
select coalesce(md5(string_agg(md5(t::text), ' ' order by t.ticket_id)), '')
from ops.correction_ticket as t where t.district_code = %(code)s
"""


@dataclass(frozen=True)
class Package:
    """One row of ops.district_return."""

    return_id: int
    district_code: str
    as_of: dt.date
    part: int
    release_id: int
    folder: str
    """Path below <TIDU_HOME>/returns."""
    basis_sha256: str
    manifest_sha256: str


_COLUMNS = ", ".join(Package.__annotations__)


def write_packages(as_of: dt.date | None = None, district: str | None = None) -> list[Package]:
    """Write the package of every district, or of one, by the newest published release; return those written now.

    Args:
        as_of: business date the packages are of; None: the date the warehouse was maintained for last.
        district: code of one district.

    Idempotence: where a district's last package was made of the same release, master, assessment and tickets, and still
    lies there, none is written. Nothing to write while no release is published. Raises TiduError for a code that the
    release does not know, or when the server cannot keep a session to one district.
    """
    basis = _basis()
    if basis is None:
        return []
    codes = dict(basis.pop("districts"))
    if district is not None and district not in codes:
        raise TiduError(f"release {basis['release_id']} has no district {district}; it has {', '.join(codes)}")
    day = as_of or _maintained_on()
    wanted = codes if district is None else {district: codes[district]}
    return [made for code, name in wanted.items() if (made := _write(code, name, day, basis)) is not None]


def _basis() -> dict[str, Any] | None:
    """Return what packages are made of; None while there is nothing to tell."""
    with connect() as connection, connection.cursor(row_factory=dict_row) as cursor:
        if _missing(connection, "mart.enterprise_build"):
            return None
        found = cursor.execute(BASIS).fetchone()
        if found is None:
            return None
        assessed = None if _missing(connection, "mart.tier_run") else connection.execute(ASSESSED).fetchone()
        districts = connection.execute(DISTRICTS, {**found, "unassigned": UNASSIGNED}).fetchall()
    return {
        **found,
        "assessed_on": assessed[0] if assessed else None,
        "assessed": assessed[1] if assessed else None,
        "districts": districts,
    }


def _maintained_on() -> dt.date:
    with connect() as connection:
        found = connection.execute("select as_of from ops.business_date").fetchone()
    if found is None:
        raise TiduError("the warehouse was never maintained; name the business date with --as-of")
    day: dt.date = found[0]
    return day


def _missing(connection: psycopg.Connection, relation: str) -> bool:
    return connection.execute("select to_regclass(%s) is null", [relation]).fetchone() == (True,)


@acting_as(Role.CORRECT)
def _write(code: str, name: str, as_of: dt.date, basis: dict[str, Any]) -> Package | None:
    root = settings().home / "returns" / FOLDER
    (root / code).mkdir(mode=FOR_ITS_READERS, parents=True, exist_ok=True)
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, code])
        tickets = connection.execute(TICKETS, {"code": code}).fetchone()
        told = json.dumps([basis, tickets, as_of, recipe()], default=str, sort_keys=True)
        basis_sha256 = hashlib.sha256(told.encode()).hexdigest()
        last = _last(connection, code)
        if last is not None and last.basis_sha256 == basis_sha256 and (root.parent / last.folder / MANIFEST).exists():
            return None
        made = Path(tempfile.mkdtemp(dir=root / code, prefix=".incoming-"))
        try:
            manifest = _fill(made, code, name, as_of, basis)
            if last is not None and (last.as_of, last.manifest_sha256) == (as_of, manifest):
                return None
            part, final = _place(made, root / code, as_of, _told(connection, code))
        finally:
            shutil.rmtree(made, ignore_errors=True)
        with connection.cursor(row_factory=class_row(Package)) as cursor:
            (package,) = cursor.execute(
                "insert into ops.district_return"  # noqa: S608
                " (district_code, as_of, part, release_id, folder, basis_sha256, manifest_sha256)"
                f" values (%s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
                [code, as_of, part, basis["release_id"], str(final.relative_to(root.parent)), basis_sha256, manifest],
            ).fetchall()
    return package


def _last(connection: psycopg.Connection, code: str) -> Package | None:
    with connection.cursor(row_factory=class_row(Package)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from ops.district_return where district_code = %s"  # noqa: S608
            " order by return_id desc limit 1",
            [code],
        ).fetchone()


def _fill(folder: Path, code: str, name: str, as_of: dt.date, basis: dict[str, Any]) -> str:
    """Write the files and their manifest into a folder; return the manifest's sha256."""
    wanted = {
        **masked(), "release_id": basis["release_id"], "period": basis["period"], "as_of": as_of,
        "assessed_on": basis["assessed_on"], "title": f"{name}（{code}）回流数据包",
    }  # fmt: skip
    with session_of(code) as session:
        files = write_files(session, folder, wanted)
    said = {
        "district_code": code,
        "district_name": name,
        "as_of": as_of.isoformat(),
        "database_role": role_of(code),
        "release": {
            "release_id": basis["release_id"], "period": basis["period"],
            "as_of": basis["released_as_of"].isoformat(), "manifest_sha256": basis["release_manifest_sha256"],
        },
        "master_as_of": str(basis["master_as_of"]),
        "assessed_on": basis["assessed_on"].isoformat() if basis["assessed_on"] else None,
        "masked_inputs": wanted["restricted"],
        "masked_fields": wanted["restricted_fields"],
        "files": [{k: v for k, v in asdict(file).items() if v is not None} for file in files],
    }  # fmt: skip
    content = json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"
    (folder / MANIFEST).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _told(connection: psycopg.Connection, code: str) -> set[str]:
    found = connection.execute("select folder from ops.district_return where district_code = %s", [code]).fetchall()
    return {Path(folder).name for (folder,) in found}


def _place(made: Path, root: Path, as_of: dt.date, told: set[str]) -> tuple[int, Path]:
    """Lay a finished folder under the first free name of its date; return its number and path.

    One that a run laid there and did not live to record is taken for its own when it says the same.
    """
    part = 1
    while (final := root / (f"{as_of}" if part == 1 else f"{as_of}_{part}")).exists():
        same = (final / MANIFEST).read_bytes() == (made / MANIFEST).read_bytes()
        if final.name not in told and same:
            return part, final
        part += 1
    for file in made.iterdir():
        file.chmod(READ_ONLY)
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    made.chmod(FOR_ITS_READERS)
    made.rename(final)
    return part, final


def files_of(package: Package) -> list[Written]:
    """Return the files of a package by its manifest. Raises TiduError when one is not as it was written."""
    folder = settings().home / "returns" / package.folder
    content = (folder / MANIFEST).read_bytes()
    if hashlib.sha256(content).hexdigest() != package.manifest_sha256:
        raise TiduError(f"{folder}: {MANIFEST} has changed since it was written; restore it from a backup")
    return [Written(**file) for file in json.loads(content)["files"]]
