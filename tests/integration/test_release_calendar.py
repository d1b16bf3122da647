"""What is due when, against the releases there are: a real ledger, releases written by hand."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest

from tidu.publishing.timetable import Calendar, alert, entries

pytestmark = pytest.mark.postgres
TERMS = Calendar("处室", 1, 15, 3, {"2025-03": dt.date(2025, 4, 20)})


def released(dsn: str, period: str, as_of: str, waited: int = 0, state: str = "published") -> int:
    """Enter a release, drafted on its business date and published after so many days."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set local session_replication_role = replica")
        row = connection.execute(
            "insert into ops.release (period, as_of, state, approved_by, approved_at, manifest_sha256, manifest,"
            " created_at) values (%s, %s, %s, 'x', now(), '', '{}', '2026-01-01 12:00+08') returning release_id",
            [period, as_of, state],
        ).fetchone()
        assert row
        if state != "draft":
            connection.execute(
                "insert into ops.release_event_log (release_id, event, decided_by, manifest_sha256, created_at)"
                " values (%s, 'published', 'x', '', timestamptz '2026-01-01 12:00+08' + %s * interval '1 day')",
                [row[0], waited],
            )
        return int(row[0])


def told(as_of: str) -> dict[str, tuple[str, int | None, int]]:
    return {e.period: (e.state, e.release_id, e.days_late) for e in entries(dt.date.fromisoformat(as_of), TERMS)}


def test_a_month_goes_from_open_to_due_to_late(warehouse: str) -> None:
    first = released(warehouse, "2025-01", "2025-02-10")
    done = {"2025-01": ("published", first, 0)}
    assert told("2025-02-28") == {**done, "2025-02": ("open", None, 0)}
    assert told("2025-03-11") == {**done, "2025-02": ("open", None, 0), "2025-03": ("open", None, 0)}
    assert told("2025-03-12")["2025-02"] == ("due", None, 0)
    assert told("2025-03-15")["2025-02"] == ("due", None, 0)
    assert told("2025-03-16")["2025-02"] == ("late", None, 1)
    late = released(warehouse, "2025-02", "2025-03-18")
    assert told("2025-03-18")["2025-02"] == ("published late", late, 3)
    assert told("2025-04-20")["2025-03"] == ("due", None, 0), "that month has a day of its own"


def test_the_days_a_draft_waited_count(warehouse: str) -> None:
    released(warehouse, "2025-01", "2025-02-14", waited=2)
    assert told("2025-02-20")["2025-01"] == ("published late", 1, 1)
    assert told("2025-02-14")["2025-01"] == ("due", None, 0), "on that day it was not out"


def test_a_release_that_was_withdrawn_or_never_approved_does_not_count(warehouse: str) -> None:
    released(warehouse, "2025-01", "2025-02-10", state="withdrawn")
    released(warehouse, "2025-01", "2025-02-11", state="draft")
    assert told("2025-02-20")["2025-01"] == ("late", None, 5)


def test_one_release_can_show_several_months(warehouse: str) -> None:
    released(warehouse, "2025-01", "2025-02-10")
    second = released(warehouse, "2025-03", "2025-04-10")
    assert told("2025-04-10") == {
        "2025-01": ("published", 1, 0), "2025-02": ("published late", second, 26), "2025-03": ("published", second, 0),
        "2025-04": ("open", None, 0),
    }  # fmt: skip


def test_without_any_release_the_last_complete_month_is_waited_for(warehouse: str) -> None:
    assert told("2025-02-16") == {"2025-01": ("late", None, 1), "2025-02": ("open", None, 0)}


def test_an_alert_is_raised_once_before_and_once_after_the_day(warehouse: str) -> None:
    raised = [alert(dt.date(2025, 2, day), TERMS) for day in (11, 12, 13, 15, 16, 17)]
    assert raised == [[], ["2025-01"], [], [], ["2025-01"], []]
    with psycopg.connect(warehouse) as connection:
        alerts = connection.execute("select kind, subject, message from ops.alert_event order by alert_id").fetchall()
    assert alerts == [
        ("release_due", "2025-01", "the release of 2025-01 is due on 2025-02-15 and is not published; 处室 decides"),
        ("release_late", "2025-01", "the release of 2025-01 was due on 2025-02-15 and is not published; 处室 decides"),
    ]
