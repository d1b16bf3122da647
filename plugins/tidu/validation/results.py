"""Verdicts by delivery and rule, and how they get into ops.validation_run and ops.validation_result.

While a pass runs they live in pg_temp.verdict: one row per judged delivery and rule, contract rules
and plausibility rules alike.
"""

# ruff: noqa: S608 - SQL is composed from contract names only; values are parameters

from __future__ import annotations

import datetime as dt

import psycopg

from tidu.contracts import DatasetContract
from tidu.validation.checkpoint import SuiteVerdict
from tidu.validation.readings import table
from tidu.validation.settlement import CONFLICT

COLLECT = """
create temporary table verdict (
    delivery_id bigint not null,
    rule text not null,
    severity text not null,
    column_name text,
    evaluated_rows bigint not null,
    failed_rows bigint not null,
    observed jsonb not null default '{}',
    primary key (delivery_id, rule)
)
"""


def collect_contract_verdicts(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Make pg_temp.verdict and enter every contract rule for every judged delivery, from the readings table.

    row:conflict starts at zero; settlement fills it in.
    """
    connection.execute(COLLECT)
    connection.execute(
        f"""
        insert into pg_temp.verdict (delivery_id, rule, severity, column_name, evaluated_rows, failed_rows, observed)
        select p.delivery_id, u.rule, u.severity, u.column_name, coalesce(n.n, 0), coalesce(b.n, 0),
            case when b.n > 0 then jsonb_build_object('first_row_nos', b.first_rows) else '{{}}' end
        from pg_temp.pending_delivery as p
        cross join unnest(%s::text[], %s::text[], %s::text[]) as u (rule, severity, column_name)
        left join pg_temp.delivered as n on n.delivery_id = p.delivery_id
        left join (
            select delivery_id, rule, count(*) as n, (array_agg(row_no order by row_no))[:5] as first_rows
            from {table(contract)} cross join unnest(_broken) as x (rule)
            where _broken is not null group by delivery_id, rule
        ) as b on b.delivery_id = p.delivery_id and b.rule = u.rule
        where not p.repeats
        """,
        [
            [r.rule_id for r in contract.rules],
            [r.severity for r in contract.rules],
            [r.column for r in contract.rules],
        ],
    )


def enter_suite_verdicts(connection: psycopg.Connection, verdicts: list[SuiteVerdict]) -> None:
    """Enter what Great Expectations found: new rules as rows of their own, contract rules as `gx_failed_rows`.

    A rule that could not be judged counts no rows and says why under `raised`.
    """
    connection.execute(
        "create temporary table suite_verdict (rule text, severity text, column_name text, raised text,"
        " delivery_id bigint, failed_rows bigint)"
    )
    with connection.cursor() as cursor, cursor.copy("copy suite_verdict from stdin") as copy:
        for verdict in verdicts:
            rule = verdict.rule
            failed: list[tuple[int | None, int]] = [*verdict.failed_rows.items()] or [(None, 0)]
            for delivery_id, rows in failed:
                copy.write_row([rule.rule_id, rule.severity, rule.column, verdict.raised, delivery_id, rows])
    connection.execute(
        """
        insert into pg_temp.verdict (delivery_id, rule, severity, column_name, evaluated_rows, failed_rows, observed)
        select n.delivery_id, r.rule, r.severity, r.column_name, n.evaluated_rows, coalesce(f.failed_rows, 0),
            case when r.raised is null then jsonb_build_object('gx_failed_rows', coalesce(f.failed_rows, 0))
                else jsonb_build_object('raised', r.raised) end
        from (select distinct rule, severity, column_name, raised from pg_temp.suite_verdict) as r
        cross join (select distinct delivery_id, evaluated_rows from pg_temp.verdict) as n
        left join pg_temp.suite_verdict as f on f.rule = r.rule and f.delivery_id = n.delivery_id
        on conflict (delivery_id, rule) do update set observed = verdict.observed || excluded.observed
        """
    )


def reject_stopped(connection: psycopg.Connection, contract: DatasetContract) -> None:
    """Mark as rejected every pending delivery that breaks a rule of severity stop, and what repeats it."""
    connection.execute(
        """
        update pg_temp.pending_delivery as p set rejected = true, kept_out = true, reject_reason = s.reason
        from (
            select delivery_id, 'breaks ' || string_agg(
                rule || ' in ' || failed_rows || ' of ' || evaluated_rows || ' rows', ', ' order by rule) as reason
            from pg_temp.verdict where severity = 'stop' and failed_rows > 0 group by delivery_id
        ) as s
        where s.delivery_id = p.delivery_id
        """
    )
    connection.execute(
        """
        update pg_temp.pending_delivery as p
        set rejected = true, kept_out = true,
            reject_reason = 'repeats delivery ' || o.delivery_id || ', which is rejected'
        from pg_temp.pending_delivery as o where o.delivery_id = p.repeats_delivery_id and o.rejected
        """
    )
    connection.execute(
        """
        update ops.delivery as d set state = 'rejected', rows_delivered = null,
            reject_reason = format('%%s: %%s: %%s; ask %%s', d.dataset, d.source_uri, p.reject_reason, %s::text)
        from pg_temp.pending_delivery as p where p.delivery_id = d.delivery_id and p.rejected
        """,
        [contract.contact],
    )


def count_conflicts(connection: psycopg.Connection) -> None:
    """Enter what settlement found for row:conflict; needs pg_temp.set_aside."""
    connection.execute(
        """
        update pg_temp.verdict as v
        set failed_rows = c.n, observed = v.observed || jsonb_build_object('first_row_nos', c.first_rows)
        from (
            select delivery_id, count(*) as n, (array_agg(row_no order by row_no))[:5] as first_rows
            from pg_temp.set_aside where outcome = 'conflict' group by delivery_id
        ) as c
        where c.delivery_id = v.delivery_id and v.rule = %s
        """,
        [CONFLICT],
    )


def record(
    connection: psycopg.Connection, contract: DatasetContract, suite_version: str, started_at: dt.datetime
) -> None:
    """Write one ops.validation_run per pending delivery and one validation_result per rule of it.

    A run is a success when no rule of severity stop or warn failed. A delivery that repeats an earlier
    one has a run without rules.
    """
    connection.execute(
        """
        with run as (
            insert into ops.validation_run (
                delivery_id, dataset, suite_version, started_at, finished_at, success, evaluated, failed)
            select p.delivery_id, %s, %s, %s, clock_timestamp(),
                count(*) filter (where v.failed_rows > 0 and v.severity <> 'report') = 0,
                count(v.rule), count(*) filter (where v.failed_rows > 0)
            from pg_temp.pending_delivery as p left join pg_temp.verdict as v using (delivery_id)
            group by p.place, p.delivery_id order by p.place
            returning run_id, delivery_id
        )
        insert into ops.validation_result (
            run_id, rule, severity, column_name, evaluated_rows, failed_rows, success, observed)
        select run.run_id, v.rule, v.severity, v.column_name, v.evaluated_rows, v.failed_rows, v.failed_rows = 0,
            v.observed
        from run join pg_temp.verdict as v using (delivery_id)
        """,
        [contract.name, suite_version, started_at],
    )
