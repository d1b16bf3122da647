"""What a release was made from, and how to tell that nothing of it is new.

The inputs decide whether there is a new release at all; the manifest adds what came out of them.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from tidu.contracts import contracts
from tidu.contracts.catalogue import ROOT as CONTRACTS
from tidu.publishing.registry import ROOT as INDICATORS
from tidu.settings import PROJECT_ROOT

DBT_FOLDERS = ("macros", "models", "seeds")
POLICIES = PROJECT_ROOT / "policies"
LIBRARIES = PROJECT_ROOT / "requirements.lock"
CODE = PROJECT_ROOT / "plugins" / "tidu"
FIGURES_ROOMS = ("contracts", "identity", "landing", "ledger", "publishing", "transform", "validation")
"""Rooms whose code decides figures; a change of the others makes no new figures and no new release."""
TABLES = (
    "indicator", "city_monthly", "district_monthly", "stock_movement", "early_sign", "plan_target", "plan_evaluation",
)  # fmt: skip


def inputs(connection: Connection[Any], series_start: str, period: str) -> dict[str, Any]:
    """Return everything that decides the figures: deliveries and decisions taken in, months, and every rule for them.

    Rules are contracts, definitions, policies, models, the code of the rooms that make figures, and locked libraries.

    Deliveries stand as they did when the figures were made: one that the master took in later, or that was refused
    later, is something new for the next figures. Nor is the business date itself: a later date with nothing new
    delivered and no further complete month gives the same figures, hence no new release.
    """
    deliveries = (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select d.delivery_id, d.dataset, d.delivered_on::text, d.sha256, d.contract_version,"
            " case when r.delivery_id is null then 'accepted' else 'rejected' end as state, d.restated_taken"
            " from ops.delivery as d"
            " left join intermediate.int_monitoring__refused as r on r.delivery_id = d.delivery_id"
            " where r.delivery_id is not null or d.state in ('accepted', 'rejected') and d.built_at is not null"
            " and d.build_no <= (select max(built_until) from intermediate.int_monitoring__month) order by 1"
        )
        .fetchall()
    )
    decisions = (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select decision_id, evidence_sha256 from ops.decision where decision_id in"
            " (select decision_id from intermediate.int_identity__decision where ended is null) order by decision_id"
        )
        .fetchall()
    )
    assessed = [
        day
        for (day,) in connection.execute(
            "select as_of::text from intermediate.int_monitoring__assessed_month order by month"
        ).fetchall()
    ]
    return {
        "series_start": series_start,
        "period": period,
        "deliveries": deliveries,
        "decisions": decisions,
        "assessed_on": assessed,
        "contracts": contracts_now(),
        **rules(),
    }


def rules() -> dict[str, str]:
    """Return the hashes of what holds for all figures, by what they are of."""
    return {
        "definitions_sha256": _sha256(INDICATORS.rglob("*.yml")),
        "policies_sha256": _sha256(path for path in POLICIES.rglob("*") if path.is_file()),
        "models_sha256": _sha256(
            path
            for folder in DBT_FOLDERS
            for path in (PROJECT_ROOT / "dbt_project" / folder).rglob("*")
            if path.suffix in (".sql", ".yml", ".csv")
        ),
        "code_sha256": _sha256(
            path
            for room in FIGURES_ROOMS
            for path in (CODE / room).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        ),
        "libraries_sha256": _sha256([LIBRARIES]),
    }


def witnesses(connection: Connection[Any]) -> dict[str, Any]:
    """Return what a manifest holds besides the inputs so that its figures can be made again.

    Every decision about rows, deliveries and enterprises known by now, with its evidence and state: what such a
    decision changed of the figures shows in the inputs, as rows restated or a link; here is which ones there were.
    The git revision is information for people: a copy without git makes the same figures.
    """
    known = (
        connection.cursor(row_factory=dict_row)
        .execute("select decision_id, evidence_sha256, state from ops.decision where kind <> 'release' order by 1")
        .fetchall()
    )
    return {"decisions_known": known, "git_revision": _git_revision()}


def _git_revision() -> str | None:
    """The commit that is checked out; None where the project is no git checkout or git is not installed."""
    git = shutil.which("git")
    if git is None or not (PROJECT_ROOT / ".git").exists():
        return None
    asked = subprocess.run(
        [git, "-C", str(PROJECT_ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=30
    )
    return asked.stdout.strip() or None


def contracts_now() -> dict[str, dict[str, str]]:
    """Return version and hash of every contract by dataset."""
    return {c.name: {"version": c.version, "sha256": _sha256([_file(c)])} for c in contracts().values()}


def _file(contract: Any) -> Path:
    return CONTRACTS / str(contract.department) / f"{contract.name}.yml"


def canonical(document: Any) -> bytes:
    """Return a document in its one canonical form: sorted keys, no white space.

    >>> canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})
    True
    """
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def digest(document: Any) -> str:
    """Return the sha256 of a document in its canonical form."""
    return hashlib.sha256(canonical(document)).hexdigest()


def tables(connection: Connection[Any], release_id: int) -> dict[str, dict[str, Any]]:
    """Return row count and content hash of each table of a release, whatever its release_id is.

    Hashed is the table as CSV with header, without release_id, in order of its key.
    """
    found: dict[str, dict[str, Any]] = {}
    for table, (columns, order) in shapes(connection).items():
        hashed = hashlib.sha256(f"{columns}\n".encode())
        content = f"select {columns} from publish.{table} where release_id = {int(release_id)}"  # noqa: S608
        with connection.cursor() as cursor:
            with cursor.copy(f"copy ({content} order by {order}) to stdout (format csv)".encode()) as copied:
                for block in copied:
                    hashed.update(block)
            rows = cursor.rowcount
        found[table] = {"rows": rows, "sha256": hashed.hexdigest()}
    return found


def shapes(connection: Connection[Any]) -> dict[str, tuple[str, str]]:
    """Return columns without release_id, and key columns in the byte order of text, of every released table."""
    rows = connection.execute(
        """
        select c.relname, string_agg(a.attname, ', ' order by a.attnum),
            string_agg(a.attname || ' collate "C"', ', ' order by array_position(i.indkey::int2[], a.attnum))
                filter (where a.attnum = any(i.indkey))
        from pg_index as i
        join pg_class as c on c.oid = i.indrelid
        join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where i.indisprimary and c.relnamespace = 'publish'::regnamespace and a.attname <> 'release_id'
            and c.relname = any(%s)
        group by c.relname order by c.relname
        """,
        [list(TABLES)],
    ).fetchall()
    return {table: (columns, order) for table, columns, order in rows}


def _sha256(paths: Iterable[Path]) -> str:
    """Hash files by their place in the project and their content, in order of place."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(PROJECT_ROOT)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
