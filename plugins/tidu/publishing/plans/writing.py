"""Targets of the city's plans as a release shows them: each is a function of the release's own published cells.

The steps are temporary relations, which end with the transaction: plan_aim (targets), plan_cell (published cells),
plan_title (titles newly given) -> plan_figure -> plan_actual -> plan_standing -> publish.plan_target, plan_evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from psycopg import Connection

from tidu.publishing.registry import indicators
from tidu.transform.plans import Plan, plans

SQL = Path(__file__).parent
STEPS = ("figure", "actual", "standing")
WRITTEN = ("plan_target", "plan_evaluation")
CELLS = """
insert into plan_cell
select indicator_code, scope, breakdown, breakdown_value, to_date(period, 'YYYY-MM'), value,
    cell_status like 'suppressed%%'
from publish.city_monthly
where release_id = %s and (indicator_code, breakdown) in (select indicator_code, breakdown from plan_aim)
"""
AIM = f"insert into plan_aim values ({', '.join(['%s'] * 23)})"  # noqa: S608 - no name in it
TITLES = """
insert into plan_title
select tier, date_trunc('month', valid_from)::date, count(*)
from intermediate.int_monitoring__certificate_interval
where indicator_code = 'tier_holders' and valid_from is not null
group by tier, date_trunc('month', valid_from)
"""


def write(connection: Connection[Any], release_id: int) -> int:
    """Write every target of every plan, and how it stood at each evaluation, for a draft; return how many rows.

    Grain: publish.plan_target has one row per target, publish.plan_evaluation one per target and occasion that has
    come. A target that rests on a hidden cell has no figure: status no_data, reason hidden.
    """
    lay(connection, plans())
    connection.execute(CELLS.encode(), [release_id])
    connection.execute(TITLES.encode())
    judge(connection)
    return enter(connection, release_id)


def lay(connection: Connection[Any], found: Iterable[Plan]) -> None:
    """Make the temporary tables the steps read, with the targets of some plans in them."""
    connection.execute((SQL / "tables.sql").read_bytes())
    rows = list(_aims(found))
    with connection.cursor() as cursor:
        cursor.executemany(AIM.encode(), rows)


def judge(connection: Connection[Any], steps: Iterable[str] = STEPS) -> None:
    """Make the steps as temporary views, each over the one before it."""
    for step in steps:
        connection.execute((SQL / f"{step}.sql").read_bytes())


def enter(connection: Connection[Any], release_id: int) -> int:
    """Enter into the released tables how the targets at hand stand; return how many rows."""
    files = ((SQL / f"{table}.sql").read_bytes() for table in WRITTEN)
    return sum(connection.execute(text, {"release": release_id}).rowcount for text in files)


def _aims(found: Iterable[Plan]) -> Iterator[list[Any]]:
    for plan in found:
        since, until = min(t.since for t in plan.targets), max(t.year for t in plan.targets)
        for t in plan.targets:
            m = t.measure
            measured: list[Any] = (
                [m.indicator, indicators()[m.indicator].kind, m.scope, m.over, m.breakdown, m.breakdown_value]
                if m
                else [None, None, None, None, "", ""]
            )
            yield [
                t.code, plan.code, plan.name_zh, plan.name_en, since, until, t.name_zh, t.name_en, t.since, t.year,
                t.value, t.unit, t.comparator, t.kind, *measured, t.needs or None, t.caveat or None, t.quote,
            ]  # fmt: skip
