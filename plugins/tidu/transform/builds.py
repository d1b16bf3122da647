"""Which deliveries a build of the master takes in: marked before it, closed after it.

A delivery stays marked until the marts stand, so a build that died is simply run again: staging
replaces whole deliveries, everything later is derived anew. Rows are not touched here; dbt does that.
"""

from __future__ import annotations

from datetime import date

from psycopg.rows import scalar_row

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as

BUILD_LOCK = 7_411_003


@acting_as(Role.TRANSFORM)
def begin_build(run_id: str) -> list[int]:
    """Mark every accepted delivery that no finished build holds; return their ids in order.

    Idempotence: deliveries a broken build left marked are returned again.
    Raises TiduError when another process is marking deliveries right now; run it again later.
    """
    with connect() as connection:
        (free,) = connection.execute("select pg_try_advisory_xact_lock(%s)", [BUILD_LOCK]).fetchone() or (False,)
        if not free:
            raise TiduError(f"{run_id}: another build of the enterprise master is starting or ending; run again later")
        cursor = connection.cursor(row_factory=scalar_row)
        cursor.execute(
            "update ops.delivery set building = true where state = 'accepted' and built_at is null and not building"
        )
        return cursor.execute(
            "select delivery_id from ops.delivery where building order by delivered_on, delivery_id"
        ).fetchall()


@acting_as(Role.TRANSFORM)
def finish_build(run_id: str) -> int:
    """Close the build: its deliveries count as built from now on. Return how many there were.

    Idempotence: a second call finds nothing marked and returns 0.
    """
    with connect() as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", [BUILD_LOCK])
        return connection.execute("update ops.delivery set building = false, built_at = now() where building").rowcount


@acting_as(Role.TRANSFORM)
def nothing_new(as_of: date) -> bool:
    """Tell whether the marts already stand for this business date with every accepted delivery in them."""
    with connect() as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        pending = cursor.execute(
            "select exists (select from ops.delivery where state = 'accepted' and (building or built_at is null))"
        ).fetchone()
        if pending or cursor.execute("select to_regclass('mart.enterprise_build') is null").fetchone():
            return False
        return cursor.execute("select as_of from mart.enterprise_build").fetchall() == [as_of]
