"""What a release was made from, and how to tell that nothing of it is new.

The inputs decide whether there is a new release at all; the manifest adds what came out of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from tidu.contracts import contracts
from tidu.contracts.catalogue import ROOT as CONTRACTS
from tidu.publishing.disclosure.parameters import FILE as DISCLOSURE
from tidu.publishing.registry import ROOT as INDICATORS
from tidu.settings import PROJECT_ROOT

DBT_FOLDERS = ("macros", "models", "seeds")
TABLES = ("indicator", "city_monthly", "district_monthly", "stock_movement", "early_sign")


def inputs(connection: Connection[Any], series_start: str, period: str) -> dict[str, Any]:
    """Return everything that decides the figures: deliveries and decisions taken in, contracts, definitions, months.

    A delivery that the master took in after the figures were made is not among them: it is something
    new for the next figures. Nor is the business date itself: a later date with nothing new delivered
    and no further complete month gives the same figures, hence no new release.
    """
    deliveries = (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select delivery_id, dataset, delivered_on::text, sha256, contract_version, state, restated_taken"
            " from ops.delivery where state = 'rejected' or (state = 'accepted' and built_at is not null"
            " and build_no <= (select max(built_until) from intermediate.int_monitoring__month)) order by delivery_id"
        )
        .fetchall()
    )
    decisions = connection.execute(
        "select distinct decision_id from intermediate.int_identity__decision where ended is null order by decision_id"
    ).fetchall()
    return {
        "series_start": series_start,
        "period": period,
        "deliveries": deliveries,
        "decisions": [decision_id for (decision_id,) in decisions],
        "contracts": {c.name: {"version": c.version, "sha256": _sha256([_file(c)])} for c in contracts().values()},
        "definitions_sha256": _sha256([*INDICATORS.rglob("*.yml"), DISCLOSURE]),
        "models_sha256": _sha256(
            path
            for folder in DBT_FOLDERS
            for path in (PROJECT_ROOT / "dbt_project" / folder).rglob("*")
            if path.suffix in (".sql", ".yml", ".csv")
        ),
    }


def _file(contract: Any) -> Path:
    return CONTRACTS / str(contract.department) / f"{contract.name}.yml"


def digest(document: Any) -> str:
    """Return the sha256 of a document in its one canonical form: sorted keys, no white space.

    >>> digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def tables(connection: Connection[Any], release_id: int) -> dict[str, dict[str, Any]]:
    """Return row count and content hash of each table of a release, whatever its release_id is.

    Hashed is the table as CSV with header, without release_id, in order of its key.
    """
    found: dict[str, dict[str, Any]] = {}
    for table, (columns, order) in _shapes(connection).items():
        hashed = hashlib.sha256(f"{columns}\n".encode())
        content = f"select {columns} from publish.{table} where release_id = {int(release_id)}"  # noqa: S608
        with connection.cursor() as cursor:
            with cursor.copy(f"copy ({content} order by {order}) to stdout (format csv)".encode()) as copied:
                for block in copied:
                    hashed.update(block)
            rows = cursor.rowcount
        found[table] = {"rows": rows, "sha256": hashed.hexdigest()}
    return found


def _shapes(connection: Connection[Any]) -> dict[str, tuple[str, str]]:
    """Columns without release_id, and key columns in the byte order of text, of every released table."""
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
