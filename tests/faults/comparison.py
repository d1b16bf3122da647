"""What two warehouses hold, row for row, without what has to differ: numbers given out in order of arrival, and clocks.

Numbers of deliveries, releases and returns are replaced by what they stand for, so that rows that point to them count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg

SCHEMAS = ("raw", "staging", "mart", "publish", "ops")
ALSO = ("intermediate.int_enterprise__id_minted",)
"""The one table of intermediate that is remembered rather than derived."""

RUN_RECORDS = (
    "pipeline_run", "stage_run", "dbt_node_run", "build_run", "alert_event", "migration_log", "stage_role",
    "linkage_metric", "enterprise_change", "release_event_log",
)  # fmt: skip
"""What was run, how often and when: a disturbed job has more of it."""
CLOCKS = (
    "received_at", "built_at", "started_at", "finished_at", "decided_at", "created_at", "approved_at", "computed_at",
    "checked_at", "applied_at", "raised_at", "taken_at", "written_at",
)  # fmt: skip
ARRIVAL = (
    "quarantine_id", "decision_id", "ticket_id", "return_id", "run_id", "build_no", "building_run_id", "settled_pass",
    "origin_id",
)  # fmt: skip
"""Numbers from sequences, which a crash may leave gaps in."""
RESTING_ON_NUMBERS = {
    "ops.release": ("manifest", "manifest_sha256"), "ops.decision": ("subject", "evidence_sha256"),
    "ops.release_file": ("sha256", "bytes"),
    "ops.district_return": ("basis_sha256", "manifest_sha256"), "publish.revision_cause": ("subject",),
}  # fmt: skip
"""Of a release, its approval and its files: they name deliveries and the release by number. Its tables are compared
themselves."""
AS_PACKED = ("sha256", "bytes", "landed_uri")
"""Of SQL batches: a database does not promise the order of its rows, so the landed file may differ; its content not."""

WITHIN_TEXTS = (
    (re.compile(r'"(delivery_id|quarantine_id)": \d+'), r'"\1": "#"'),
    (re.compile(r'(\["[a-z_]+", "[^"]*"), \d+\]'), r'\1, "#"]'),
    (re.compile(r'("[^"|]+\|[a-z_]+\|)\d+\|'), r"\1#|"),
    (re.compile(r"when run \S+ made it"), "when a run made it"),
)
"""Such numbers, and names of runs, inside the evidence of a ticket or a tier and the reason of an approval."""
RESTING_ON_NUMBERS_TOO = {"ops.department_return": re.compile(r'"sha256": "\w+", ')}
"""Hash of a file that names tickets and deliveries by number; how many tickets it holds is compared."""

DELIVERIES = ("delivery_id", "of_delivery_id", "repeats_delivery_id", "redelivered_by", "closed_by_delivery_id",
              "last_delivery_id")  # fmt: skip
NAMES = """
create temporary table delivery_name as
select delivery_id,
    concat_ws(' ', dataset, delivered_on, source_uri, case when transport <> 'sql' then sha256 end) as name
from ops.delivery;
create temporary table release_name as
select release_id,
    concat_ws(' ', as_of, period, state, row_number() over (partition by as_of order by release_id)) as name
from ops.release;
create temporary table return_name as
select return_id, concat_ws(' ', department, as_of, part) as name from ops.department_return;
create unique index on delivery_name (delivery_id);
create unique index on return_name (return_id);
create unique index on release_name (release_id);
"""


@dataclass(frozen=True)
class Holdings:
    """Rows as text, by table."""

    tables: Mapping[str, Counter[str]]

    @property
    def rows(self) -> int:
        """How many rows were compared."""
        return sum(sum(rows.values()) for rows in self.tables.values())


@dataclass
class Difference:
    """Rows that one side has and the other has not."""

    table: str
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        examples = [f"  - {row[:400]}" for row in self.missing[:3]] + [f"  + {row[:400]}" for row in self.added[:3]]
        return "\n".join([f"{self.table}: {len(self.missing)} rows missing, {len(self.added)} too many", *examples])


def holdings(dsn: str) -> Holdings:
    """Read everything that has to be the same however often the job was disturbed."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set time zone 'UTC'")
        connection.execute(NAMES.encode())
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema = any(%s) and table_type = 'BASE TABLE' and not table_name = any(%s)"
            " and table_name not like 'accepted\\_row\\_%%' order by 1",
            [list(SCHEMAS), list(RUN_RECORDS)],
        ).fetchall()
        views = connection.execute("select 'mart.' || viewname from pg_views where schemaname = 'mart'").fetchall()
        tables = [str(name) for (name,) in names + views] + list(ALSO)
        return Holdings({table: Counter(_rows(connection, table)) for table in tables})


def differences(expected: Holdings, found: Holdings) -> list[Difference]:
    """Return the tables whose rows differ; empty when nothing does."""
    wrong = []
    for table in sorted({*expected.tables, *found.tables}):
        want, have = (_essence(table, side.tables.get(table, Counter())) for side in (expected, found))
        if want != have:
            wrong.append(Difference(table, sorted((want - have).elements()), sorted((have - want).elements())))
    return wrong


def broken_promises(dsn: str) -> list[str]:
    """Return what is wrong with one warehouse by itself: rows unaccounted for, deliveries left on their way."""
    checks = {
        "deliveries left on their way": "select count(*) from ops.delivery where state not in ('accepted', 'rejected')"
        " or building or (state = 'accepted' and built_at is null)",
        "settled deliveries without a ledger row": "select count(*) from ops.delivery d left join ops.row_ledger l"
        " using (delivery_id) where (d.state = 'accepted') <> (l.delivery_id is not null)",
        "ledger rows that do not add up": "select count(*) from ops.row_ledger where rows_delivered <>"
        " rows_accepted + rows_quarantined + rows_duplicate + rows_superseded",
        "ledger rows that miscount": """
            select count(*) from ops.row_ledger l
            where rows_accepted <> (select count(*) from ops.accepted_row a where a.delivery_id = l.delivery_id)
            or rows_duplicate + rows_superseded <>
                (select count(*) from ops.row_set_aside s where s.delivery_id = l.delivery_id)
            or rows_quarantined <> (select count(*) from ops.quarantine q where q.delivery_id = l.delivery_id
                and q.state in ('open', 'discarded'))""",
    }
    with psycopg.connect(dsn) as connection:
        counts = {name: connection.execute(query.encode()).fetchone() or (0,) for name, query in checks.items()}
    return [f"{name}: {count}" for name, (count,) in counts.items() if count]


def _essence(table: str, rows: Counter[str]) -> Counter[str]:
    """Return rows without the numbers that stand within their texts."""
    essence: Counter[str] = Counter()
    for row, times in rows.items():
        text = row
        for pattern, instead in WITHIN_TEXTS:
            text = pattern.sub(instead, text)
        if table in RESTING_ON_NUMBERS_TOO:
            text = RESTING_ON_NUMBERS_TOO[table].sub("", text)
        essence[text] += times
    return essence


def _rows(connection: psycopg.Connection, table: str) -> list[str]:
    drop = [*CLOCKS, *ARRIVAL, *RESTING_ON_NUMBERS.get(table, ())]
    found = connection.execute(
        f"""
        select ((to_jsonb(t) - %(drop)s::text[] - case when to_jsonb(t) ->> 'transport' = 'sql' then %(packed)s::text[]
            else '{{}}' end)
            || coalesce((select jsonb_object_agg(c.key, d.name) from jsonb_each_text(to_jsonb(t)) as c
                join delivery_name as d on d.delivery_id::text = c.value where c.key = any(%(deliveries)s)), '{{}}')
            || coalesce((select jsonb_build_object('release_id', r.name) from release_name as r
                where r.release_id::text = to_jsonb(t) ->> 'release_id'), '{{}}')
            || coalesce((select jsonb_build_object('previous_release_id', r.name) from release_name as r
                where r.release_id::text = to_jsonb(t) ->> 'previous_release_id'), '{{}}')
            || coalesce((select jsonb_build_object('closed_in_return', r.name) from return_name as r
                where r.return_id::text = to_jsonb(t) ->> 'closed_in_return'), '{{}}'))::text
        from {table} as t
        """.encode(),
        {"drop": drop, "packed": list(AS_PACKED), "deliveries": list(DELIVERIES)},
    ).fetchall()
    return [row for (row,) in found]
