"""Which deliveries a build of the master takes in: marked before it, closed after it.

A delivery stays marked until the marts stand, so a build that died is simply run again: staging
replaces whole deliveries, everything later is derived anew. Rows are not touched here; dbt does that.
"""

from __future__ import annotations

from datetime import date

from psycopg.rows import scalar_row

from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.transform.wholeness import BUILD_LOCK, lost_stages

TO_BUILD = "(state = 'accepted' and built_at is null or built_at is not null and restated <> restated_taken)"
"""Deliveries that a build has to take in; `restated` counts the decisions that changed a delivery's accepted rows."""

DATES_BUILT = """
select as_of from mart.enterprise_build as b
where to_jsonb(b) -> 'decisions' = (
    select coalesce(jsonb_agg(decision_id order by decision_id), '[]') from ops.decision
    where state = 'active' and (subject like 'party:%' or subject like 'enterprise:%')
)
"""
"""The business date the marts stand for; none where reviewers decided otherwise about who is who since."""

UNDONE = """
select exists (
    select from ops.decision
    where kind = 'override' and state = 'revoked' and subject like 'enterprise:%'
        and detail -> 'counted' ? 'until' and not detail -> 'counted' ? 'undone_on'
        and not (detail -> 'counted' -> 'undone')::boolean
)
"""
"""Whether a value was taken back after it had ended: the next build says of it that it never held."""


@acting_as(Role.TRANSFORM)
def begin_build(run_id: str) -> list[int]:
    """Mark every delivery that no finished build holds as it stands now for `run_id`; return their ids in order.

    Those are accepted deliveries not built yet, and built ones whose accepted rows changed since by a decision,
    withdrawn ones among them: staging replaces whole deliveries.

    Idempotence: deliveries a broken build left marked are taken over, so that only the run that stages them last
    can close them. Waits while a stage is being built.
    """
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [BUILD_LOCK])
        connection.execute(
            "update ops.delivery set building = true, building_run_id = %s, restated_taken = restated"  # noqa: S608
            f" where building or {TO_BUILD}",
            [run_id],
        )
        cursor = connection.cursor(row_factory=scalar_row)
        return cursor.execute(
            "select delivery_id from ops.delivery where building order by delivered_on, delivery_id"
        ).fetchall()


@acting_as(Role.TRANSFORM)
def finish_build(run_id: str) -> int:
    """Close what `run_id` marked: it counts as built from now on. Return how many deliveries there were.

    Idempotence: a second call finds nothing marked and returns 0; so does a run whose deliveries another one took over.
    """
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [BUILD_LOCK])
        return connection.execute(
            "update ops.delivery set building = false, building_run_id = null, built_at = now(),"
            " build_no = (select nextval('ops.build_no')) where building and building_run_id = %s",
            [run_id],
        ).rowcount


@acting_as(Role.TRANSFORM)
def is_unfinished() -> bool:
    """Tell whether deliveries are marked that no build has closed yet: one goes on, or broke off.

    A run that closed none of its own meanwhile was overtaken. Figures made now would count some datasets with those
    deliveries and others without.
    """
    with connect() as connection:
        return connection.execute("select exists (select from ops.delivery where building)").fetchone() == (True,)


@acting_as(Role.TRANSFORM)
def built_for() -> tuple[date, str] | None:
    """Return the business date and the series' first day (may be empty) the marts stand for; None without marts."""
    with connect() as connection:
        if connection.execute("select to_regclass('mart.enterprise_build')").fetchone() == (None,):
            return None
        row = connection.execute("select as_of from mart.enterprise_build").fetchone()
        if row is None:
            return None
        start = None
        if connection.execute("select to_regclass('intermediate.int_monitoring__month')").fetchone() != (None,):
            start = connection.execute("select min(period) || '-01' from intermediate.int_monitoring__month").fetchone()
        return row[0], (start[0] if start else None) or ""


@acting_as(Role.TRANSFORM)
def nothing_new(as_of: date) -> bool:
    """Tell whether the marts already stand for this business date with every accepted delivery and decision in them.

    Not so when the server lost tables the next figures are made from.
    """
    with connect() as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        pending = cursor.execute(
            f"select exists (select from ops.delivery where building or {TO_BUILD})"  # noqa: S608
        ).fetchone()
        if pending or cursor.execute("select to_regclass('mart.enterprise_build') is null").fetchone():
            return False
        if lost_stages(connection, "mart") or cursor.execute(UNDONE).fetchone():
            return False
        return cursor.execute(DATES_BUILT).fetchall() == [as_of]
