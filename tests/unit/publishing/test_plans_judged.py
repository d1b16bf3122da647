"""How a plan's target is judged by the cells of a release: pace, sums, what is hidden, and when plans are evaluated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tidu.publishing import plans

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
FIGURE = (
    "create temporary table plan_figure (target_code text, month date, indicator_kind text, value numeric,"
    " over_value numeric, is_hidden boolean, newly_held numeric) on commit drop"
)
ACTUAL = (
    "create temporary table plan_actual (target_code text, month date, actual numeric, is_hidden boolean,"
    " is_running boolean, first_year integer) on commit drop"
)


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    """A transaction with the tables the steps read, empty."""
    with psycopg.connect(warehouse) as opened:
        plans.lay(opened, ())
        yield opened


def fill(connection: psycopg.Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        connection.execute(
            f"insert into {table} ({', '.join(row)}) values (%s{', %s' * (len(row) - 1)})".encode(), list(row.values())
        )


def aims(connection: psycopg.Connection, *rows: Mapping[str, Any]) -> None:
    blank = {"plan": "p", "plan_since": 2021, "plan_year": 2025, "since": 2025, "year": 2025}
    fill(connection, "plan_aim", [{**blank, **row} for row in rows])


def month(period: str) -> dt.date:
    return dt.date.fromisoformat(f"{period}-01")


@pytest.mark.parametrize(
    ("comparator", "number", "actuals", "first_year", "is_running", "wanted"),
    [
        ("at_least", 120, {"2025-06": 60}, 2025, True, ("0.500000", "10.000000", "on_track")),
        ("planned", 120, {"2025-06": 59}, 2025, True, ("0.491667", "10.166667", "behind")),
        ("about", 120, {"2025-06": 120}, 2025, True, ("1.000000", None, "reached")),
        ("above", 120, {"2025-12": 120}, 2025, True, ("1.000000", None, "missed")),
        ("at_least", 120, {"2025-05": 100}, 2021, False, ("0.833333", "2.857143", "behind")),
        ("at_least", 120, {"2025-05": 100, "2025-06": 104}, 2021, False, ("0.866667", "2.666667", "on_track")),
        ("at_least", 120, {"2025-05": 100, "2025-06": 101}, 2021, False, ("0.841667", "3.166667", "behind")),
        ("at_most", 50, {"2025-06": 40}, 2025, False, ("0.800000", None, "on_track")),
        ("at_most", 50, {"2025-06": 40, "2025-12": 50}, 2025, False, ("1.000000", None, "reached")),
        ("at_most", 50, {"2025-06": 60}, 2025, False, ("1.200000", None, "behind")),
        # two months brought 2 while the month between them was hidden: its pace is 1 a month
        ("at_least", 120, {"2025-04": 111, "2025-05": None, "2025-06": 113}, 2021, False,
         ("0.941667", "1.166667", "behind")),
        ("at_least", 120, {"2025-04": 110, "2025-05": None, "2025-06": 114}, 2021, False,
         ("0.950000", "1.000000", "on_track")),
        ("at_least", 120, {"2025-05": 100, "2025-06": None}, 2021, False, (None, None, "no_data")),
    ],
)  # fmt: skip
def test_a_target_is_judged_by_its_pace(
    connection: psycopg.Connection,
    *,
    comparator: str,
    number: int,
    actuals: dict[str, int | None],
    first_year: int,
    is_running: bool,
    wanted: tuple[str | None, ...],
) -> None:
    aims(connection, {"target_code": "t", "target": number, "comparator": comparator})
    connection.execute(ACTUAL.encode())
    fill(connection, "plan_actual", [
        {"target_code": "t", "month": month(period), "actual": actual, "is_hidden": actual is None,
         "is_running": is_running, "first_year": first_year}
        for period, actual in actuals.items()])  # fmt: skip
    plans.judge(connection, ["standing"])
    row = connection.execute(
        "select progress::text, pace_needed::text, status, reason from plan_standing order by month desc limit 1"
    ).fetchone()
    assert row == (*wanted, "hidden" if wanted[2] == "no_data" else None)


def test_what_is_reached_follows_from_the_kind_of_target_and_figure(connection: psycopg.Connection) -> None:
    aims(
        connection,
        {"target_code": "sum", "since": 2021, "kind": "increase"},
        {"target_code": "year", "kind": "level"},
        {"target_code": "stock", "kind": "level"},
        {"target_code": "titles", "kind": "increase"},
        {"target_code": "share", "kind": "share"},
        {"target_code": "later", "kind": "level", "plan_since": 2026, "since": 2026, "year": 2026},
    )
    connection.execute(FIGURE.encode())
    figures: list[tuple[str, str, str, int | None, int | None, int | None]] = [
        ("sum", "2024-12", "flow", 5, None, None), ("sum", "2025-01", "flow", 7, None, None),
        ("year", "2024-12", "flow", 5, None, None), ("year", "2025-01", "flow", 7, None, None),
        ("year", "2026-01", "flow", 9, None, None), ("stock", "2025-01", "stock", 30, None, None),
        ("titles", "2025-01", "stock", 30, None, 4), ("share", "2025-01", "flow", 1, 2, None),
        ("share", "2025-02", "flow", 5, 6, None), ("later", "2025-01", "stock", 30, None, None),
        ("stock", "2025-02", "stock", None, None, None),
    ]  # fmt: skip
    fill(connection, "plan_figure", [
        {"target_code": t, "month": month(m), "indicator_kind": kind, "value": value, "over_value": over,
         "is_hidden": False, "newly_held": held}
        for t, m, kind, value, over, held in figures])  # fmt: skip
    plans.judge(connection, ["actual"])
    found = connection.execute(
        "select target_code, to_char(month, 'YYYY-MM'), actual, is_running, first_year from plan_actual order by 1, 2"
    ).fetchall()
    assert found == [
        ("share", "2025-01", Decimal("0.5"), False, 2025),
        ("share", "2025-02", Decimal("0.75"), False, 2025),
        ("stock", "2025-01", 30, False, 2021),
        ("sum", "2024-12", 5, True, 2021),
        ("sum", "2025-01", 12, True, 2021),
        ("titles", "2025-01", 4, True, 2025),
        ("year", "2024-12", 5, True, 2025),
        ("year", "2025-01", 7, True, 2025),
    ]


def test_what_rests_on_a_hidden_month_or_scope_is_hidden(connection: psycopg.Connection) -> None:
    aims(
        connection,
        {"target_code": "sum", "kind": "increase", "indicator_code": "guarantee_yuan", "indicator_kind": "flow",
         "scope": "all", "breakdown": "", "breakdown_value": ""},
        {"target_code": "share", "kind": "share", "indicator_code": "tax_paid_yuan", "indicator_kind": "flow",
         "scope": "private", "over_scope": "all", "breakdown": "", "breakdown_value": ""},
        {"target_code": "stock", "kind": "share", "indicator_code": "insured_headcount", "indicator_kind": "stock",
         "scope": "private", "over_scope": "all", "breakdown": "", "breakdown_value": ""},
    )  # fmt: skip
    hidden = {("guarantee_yuan", "all", "2025-02"), ("tax_paid_yuan", "private", "2025-01"),
              ("insured_headcount", "all", "2025-02")}  # fmt: skip
    series = (("guarantee_yuan", "all"), *((i, s) for i in ("tax_paid_yuan", "insured_headcount")
              for s in ("private", "all")))  # fmt: skip
    fill(connection, "plan_cell", [
        {"indicator_code": code, "scope": scope, "breakdown": "", "breakdown_value": "", "month": month(period),
         "value": None if (code, scope, period) in hidden else 10, "is_hidden": (code, scope, period) in hidden}
        for code, scope in series
        for period in ("2024-12", "2025-01", "2025-02", "2025-03")])  # fmt: skip
    plans.judge(connection, ["figure", "actual"])
    found = connection.execute(
        "select target_code, array_agg(coalesce(actual::float::text, 'hidden') order by month) from plan_actual"
        " where month >= '2025-01-01' group by 1"
    ).fetchall()
    assert dict(found) == {
        "sum": ["10", "hidden", "hidden"],  # a sum over a hidden month would tell it
        "share": ["hidden", "hidden", "hidden"],
        "stock": ["1", "hidden", "1"],
    }


def test_plans_are_evaluated_each_december_midway_and_at_their_end(connection: psycopg.Connection) -> None:
    (release,) = connection.execute(
        "insert into ops.release (period, as_of, state, manifest_sha256, manifest)"
        " values ('2025-12', '2026-01-05', 'draft', '', '{}') returning release_id"
    ).fetchone() or (0,)
    told = {"plan_name": "规划", "plan_name_en": "Plan", "name": "a", "name_en": "a", "target": 10, "unit": "家",
            "comparator": "at_least", "kind": "level", "quote": "十"}  # fmt: skip
    aims(
        connection,
        {**told, "target_code": "long"},
        {**told, "target_code": "short", "plan": "q", "plan_since": 2025},
        {**told, "target_code": "unmeasured"},
    )
    connection.execute(ACTUAL.encode())
    fill(connection, "plan_actual", [
        {"target_code": t, "month": month(m), "actual": actual, "is_hidden": actual is None, "is_running": False,
         "first_year": 2021}
        for t, m, actual in (("long", "2023-05", 1), ("long", "2023-06", 2), ("long", "2023-12", None),
                             ("long", "2025-12", 10), ("short", "2025-06", 2))])  # fmt: skip
    plans.judge(connection, ["standing"])
    plans.enter(connection, int(release))
    assert connection.execute(
        "select target_code, evaluation, period, status, reason from publish.plan_evaluation order by 1, 3, 2"
    ).fetchall() == [
        ("long", "midterm", "2023-06", "on_track", None),
        ("long", "yearly", "2023-12", "no_data", "hidden"),
        ("long", "final", "2025-12", "reached", None),
        ("long", "yearly", "2025-12", "reached", None),
    ]
    assert connection.execute(
        "select target_code, period, actual, status from publish.plan_target order by 1"
    ).fetchall() == [
        ("long", "2025-12", 10, "reached"),
        ("short", "2025-06", 2, "behind"),
        ("unmeasured", None, None, "not_measured"),
    ]
