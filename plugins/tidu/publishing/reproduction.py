"""A release made again from the landed deliveries its manifest names, in a database of its own, hash against hash.

Taken over from the warehouse is what cannot be derived: deliveries and decisions as they stood when the release was
made, the numbers of quarantined rows, and the releases before it. Everything else follows from the files.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import scalar_row
from psycopg.types.json import Jsonb

from tidu.contracts import contracts
from tidu.errors import TiduError
from tidu.landing import store
from tidu.landing.reload import reload
from tidu.ledger.database import connect, migrate
from tidu.ledger.roles import Role, acting_as
from tidu.publishing.files import shelf
from tidu.publishing.manifest import contracts_now, rules
from tidu.publishing.publication import publish
from tidu.publishing.revision import RULES
from tidu.publishing.standing import Release, release
from tidu.settings import settings
from tidu.transform import begin_build, build, finish_build
from tidu.transform.tiers.assess import lay_tables
from tidu.validation.rebuild import settle_anew

RUN = "reproduce"
EARLIER = ("indicator", "city_monthly", "district_monthly", "stock_movement", "early_sign")


TOLD_BEFORE = (
    "with step as (select event_no, release_id, event from ops.release_event_log),"
    " made as (select min(event_no) as event_no from step where release_id = %(id)s)"
    " select p.release_id from step as p, made as m where p.event = 'published' and p.event_no < m.event_no"
)
"""Releases published before the one of `id` was made."""


@dataclass(frozen=True)
class Reproduction:
    """Names of tables and files that came out the same, and of those that did not."""

    same: list[str]
    other: list[str]


def reproduce(release_id: int, scratch: str, tell: Callable[[str], None] = lambda _: None) -> Reproduction:
    """Make a release again and compare the hashes of its tables, and of its files where it left any.

    `scratch` is the connection string of an empty database, best of a server of its own, of a superuser there: earlier
    releases are copied past their guards. The warehouse is only read.
    Raises TiduError when rules, contracts, code or libraries are not those of the manifest, or a landed file is missing
    or has changed: what came out otherwise would then show nothing.
    """
    found = release(release_id)
    _refuse_other_rules(release_id, found.manifest)
    _refuse_other_files(release_id, found.manifest)
    origin = _first_made_as(found)
    with tempfile.TemporaryDirectory(prefix="tidu-reproduce-") as folder, _working_on(scratch, Path(folder)) as source:
        migrate(scratch)
        with psycopg.connect(source) as reading, psycopg.connect(scratch) as writing:
            _take_over(reading, writing, found, origin)
        for name in contracts():
            reload(name)
            settle_anew(name)
        _stand_as_then(scratch, found.manifest)
        tell("raw and settled rows are made again")
        variables = {"as_of": found.as_of.isoformat(), "series_start": f"{found.manifest['series_start']}-01"}
        begin_build(RUN)
        build("mart", RUN, variables, since="stage")
        finish_build(RUN)
        if found.manifest["as_of"] in found.manifest["assessed_on"]:
            build("tier", RUN, variables)
        build("monitor", RUN, variables)
        tell("typed records, links, marts and figures are made again")
        made = publish(found.as_of, RUN, approver="")
        if made != release_id:
            raise TiduError(f"release {release_id}: its deliveries give no release at all when they are taken in again")
        tables = release(made).manifest["tables"]
        results = {name: tables[name] == held for name, held in found.manifest["tables"].items()}
        results |= _files(source, scratch, release_id, Path(folder) / "files")
    return Reproduction([n for n, same in results.items() if same], [n for n, same in results.items() if not same])


def _refuse_other_rules(release_id: int, manifest: dict[str, Any]) -> None:
    now = rules()
    other = [
        f"{place} ({manifest.get(key, 'not recorded')[:12]} then, {now[key][:12]} now)"
        for key, (_, place) in RULES.items()
        if manifest.get(key) != now[key]
    ]
    today = contracts_now()
    other += [
        f"contract of {name}"
        for name in sorted({*manifest["contracts"], *today})
        if manifest["contracts"].get(name) != today.get(name)
    ]
    if other:
        raise TiduError(
            f"release {release_id} was made by other rules: {'; '.join(other)}. Check out the code of its manifest"
            f" (git revision {manifest.get('git_revision') or 'unknown'}) with its locked libraries and try again"
        )


def _refuse_other_files(release_id: int, manifest: dict[str, Any]) -> None:
    with connect() as connection:
        rows = connection.execute(
            "select delivery_id, sha256, landed_uri, content_sha256 is not null from ops.delivery"
        ).fetchall()
    known = {delivery_id: (sha256, uri, loaded) for delivery_id, sha256, uri, loaded in rows}
    for delivery in manifest["deliveries"]:
        sha256, uri, loaded = known.get(delivery["delivery_id"], ("", "", False))
        said = f"release {release_id}: delivery {delivery['delivery_id']} of {delivery['dataset']}"
        if sha256 != delivery["sha256"]:
            raise TiduError(f"{said} is not the one of the manifest any more")
        if loaded:
            try:
                store.read(uri, sha256)
            except FileNotFoundError as error:
                raise TiduError(f"{said}: {uri} is not in the landing store; restore it from a backup") from error


@contextmanager
def _working_on(target: str, folder: Path) -> Iterator[str]:
    """Let all rooms work on another warehouse and leave files elsewhere; yields the real one's connection string."""
    chosen = settings()
    values = {
        "TIDU_DSN": target,
        "TIDU_HOME": str(folder / "home"),
        "TIDU_LANDING_URL": chosen.landing_url,
        "TIDU_RELEASES_URL": str(folder / "releases"),
    }
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield chosen.warehouse_dsn()
    finally:
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def _take_over(reading: Connection[Any], writing: Connection[Any], found: Release, origin: int) -> None:
    """Copy what cannot be derived, as it stood when the release, or the one it shows again, was made."""
    manifest = found.manifest
    deliveries = {d["delivery_id"]: d for d in manifest["deliveries"]}
    known = {d["decision_id"]: d["state"] for d in manifest["decisions_known"]}
    _copy(reading, writing, "ops.delivery", "delivery_id = any(%s)", [list(deliveries)])
    _copy(reading, writing, "ops.quarantine", "delivery_id = any(%s)", [list(deliveries)])
    _copy(reading, writing, "ops.decision", "decision_id = any(%s)", [list(known)])
    writing.execute("update ops.quarantine set redelivered_by = null")
    # rows settled anew get numbers beyond all of these before they get their own back
    writing.execute(
        "select setval(pg_get_serial_sequence('ops.quarantine', 'quarantine_id'), max(quarantine_id))"
        " from ops.quarantine having max(quarantine_id) is not null"
    )
    writing.execute(
        "update ops.delivery as d set building = false, building_run_id = null, built_at = null, build_no = null,"
        " state = t.state from jsonb_each_text(%s) as t (id, state) where d.delivery_id = t.id::bigint",
        [Jsonb({d["delivery_id"]: d["state"] for d in manifest["deliveries"]})],
    )
    # what ended after the release was made had not ended
    writing.execute(
        "update ops.decision as d set state = t.state, detail = case when t.state = 'active' then d.detail - 'ended'"
        " else d.detail end from jsonb_each_text(%s) as t (id, state) where d.decision_id = t.id::bigint",
        [Jsonb(known)],
    )
    _earlier_releases(reading, writing, origin)
    writing.execute("select setval(pg_get_serial_sequence('ops.release', 'release_id'), %s, false)", [found.release_id])
    if manifest["assessed_on"]:
        _earlier_assessments(reading, writing, manifest["as_of"])


def _earlier_assessments(reading: Connection[Any], writing: Connection[Any], as_of: str) -> None:
    """Copy who was in the seed pool on earlier business dates; dates are assessed in order."""
    # they belong to the stage that goes on with them
    with acting_as(Role.TRANSFORM), connect() as laying:
        lay_tables(laying)
    _copy(reading, writing, "mart.tier_run", "as_of < %s", [as_of])
    _copy(reading, writing, "mart.tier_pool", "since < %s", [as_of])
    writing.execute("update mart.tier_pool set until = null where until >= %s", [as_of])


def _first_made_as(found: Release) -> int:
    """Return the release whose figures these are: one published again hides what was to be hidden the first time."""
    return found.release_id if found.republished_from is None else _first_made_as(release(found.republished_from))


def _earlier_releases(reading: Connection[Any], writing: Connection[Any], release_id: int) -> None:
    """Copy the releases before one in the state they were in when it was made."""
    with reading.cursor(row_factory=scalar_row) as cursor:
        shown = cursor.execute(
            f"{TOLD_BEFORE} and not exists (select from step as w where w.release_id = p.release_id"
            " and w.event = 'withdrawn' and w.event_no < m.event_no) order by p.release_id",
            {"id": release_id},
        ).fetchall()
        told = cursor.execute(f"{TOLD_BEFORE} order by p.release_id", {"id": release_id}).fetchall()
    writing.execute("set local session_replication_role = replica")
    _copy(reading, writing, "ops.release", "release_id = any(%s)", [told])
    writing.execute(
        "update ops.release set state = case when release_id = any(%s) then 'published' else 'withdrawn' end", [shown]
    )
    # what a reader knew already decides what this one hides
    _copy(reading, writing, "ops.disclosure_problem", "release_id = any(%s)", [told])
    _copy(reading, writing, "ops.disclosure_cell", "since_release = any(%s)", [told])
    for table in EARLIER:
        _copy(reading, writing, f"publish.{table}", "release_id = any(%s)", [told])
    writing.execute("set local session_replication_role = origin")


def _copy(reading: Connection[Any], writing: Connection[Any], table: str, where: str, values: list[Any]) -> None:
    """Copy rows of a table between databases as they are, numbers given by the server included."""
    # both names and conditions are of this module
    columns = ", ".join(
        name
        for (name,) in reading.execute(
            "select quote_ident(attname) from pg_attribute where attrelid = %s::regclass and attnum > 0"
            " and not attisdropped order by attnum",
            [table],
        )
    )
    query = f"copy (select {columns} from {table} where {where}) to stdout (format binary)"  # noqa: S608
    with (
        reading.cursor() as out,
        writing.cursor() as into,
        out.copy(query.encode(), values) as source,
        into.copy(f"copy {table} ({columns}) from stdin (format binary)".encode()) as target,
    ):
        for block in source:
            target.write(block)


def _stand_as_then(target: str, manifest: dict[str, Any]) -> None:
    """Give settled deliveries the number of restatements the release knew; refuse what settled otherwise."""
    with psycopg.connect(target) as connection:
        connection.execute(
            "update ops.delivery as d set restated = t.taken::integer, restated_taken = t.taken::integer"
            " from jsonb_each_text(%s) as t (id, taken) where d.delivery_id = t.id::bigint",
            [Jsonb({d["delivery_id"]: d["restated_taken"] for d in manifest["deliveries"]})],
        )
        accepted = connection.execute("select delivery_id from ops.delivery where state = 'accepted'").fetchall()
    wanted = {d["delivery_id"] for d in manifest["deliveries"] if d["state"] == "accepted"}
    other = sorted(wanted ^ {delivery_id for (delivery_id,) in accepted})
    if other:
        raise TiduError(f"deliveries {other[:10]} settle otherwise than when the release was made")


def _files(source: str, target: str, release_id: int, folder: Path) -> dict[str, bool]:
    """Make the files from the tables made again, the manifest being the released one, and compare their hashes."""
    with psycopg.connect(source) as reading:
        known = {f.name: f for f in shelf.listing(reading, release_id)}
        row = reading.execute(
            "select manifest, manifest_sha256 from ops.release where release_id = %s", [release_id]
        ).fetchone()
    if not known or row is None:
        return {}
    folder.mkdir()
    with psycopg.connect(target) as connection:
        # the manifest names what the warehouse knew besides; only its figures are made again here
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            "update ops.release set manifest = %s, manifest_sha256 = %s where release_id = %s",
            [Jsonb(row[0]), row[1], release_id],
        )
        made = {f.name: f for f in shelf.make(connection, release_id, folder)}
    return {name: known.get(name) == made.get(name) for name in sorted({*known, *made})}
