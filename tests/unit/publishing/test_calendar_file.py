"""releases/calendar.yml: when a month is due, and what the file may say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tidu.errors import ReleaseCalendarError
from tidu.publishing.timetable import calendar, parse

GOOD = """
owner: 处室
due: {months_after: 1, day: 15}
remind_days_before: 3
exceptions:
  2025-01: {due_on: 2025-02-20, reason: 春节}
"""


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "calendar.yml"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_month_is_due_in_the_month_after_it_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    found = parse(written(tmp_path, GOOD))
    assert found.due_on("2025-01") == dt.date(2025, 2, 20)
    assert found.due_on("2025-02") == dt.date(2025, 3, 15)
    assert found.due_on("2025-12") == dt.date(2026, 1, 15)


def test_the_projects_own_calendar_can_be_read() -> None:
    assert calendar().due_on("2026-11") == dt.date(2026, 12, 15)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD.replace("day: 15", "day: 31"), "day is 1 to 28"),
        (GOOD.replace("months_after: 1", "months_after: 0"), "months_after 1 or more"),
        (GOOD.replace("owner: 处室", "who: 处室"), "the keys are"),
        (GOOD.replace("2025-02-20", "2025-01-20"), "before the month has ended"),
        (GOOD.replace(", reason: 春节", ""), "an exception has due_on and reason"),
        (GOOD.replace("remind_days_before: 3", "remind_days_before: soon"), "soon"),
        ("- a\n- b\n", "calendar.yml"),
        ("due: {", "calendar.yml"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_the_file(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ReleaseCalendarError, match=message):
        parse(written(tmp_path, content))
