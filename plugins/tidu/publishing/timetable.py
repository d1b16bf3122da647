"""When the figures of each month are due (releases/calendar.yml), what has been published, and what is late.

A month counts as published by the first release that holds it and was not withdrawn. Its day is the release's business
date, and the days it waited as draft on top: business dates may lie in the past, a person's delay does not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from psycopg import Connection

from tidu.errors import ReleaseCalendarError
from tidu.ledger import alerts
from tidu.ledger.database import connect
from tidu.settings import PROJECT_ROOT

FILE = PROJECT_ROOT / "releases" / "calendar.yml"
KEYS = {"owner", "due", "remind_days_before", "exceptions"}
State = Literal["published", "published late", "open", "due", "late"]
"""`open`: the month is not complete, or its day is far; `due`: to be published within the days of the reminder."""
SHOWN = """
select r.release_id, r.period, r.as_of + greatest(
    (e.created_at at time zone 'Asia/Shanghai')::date - (r.created_at at time zone 'Asia/Shanghai')::date, 0)
from ops.release as r
join lateral (
    select min(l.created_at) as created_at from ops.release_event_log as l
    where l.release_id = r.release_id and l.event = 'published'
) as e on e.created_at is not null
where r.state = 'published'
order by r.release_id
"""


@dataclass(frozen=True)
class Calendar:
    """releases/calendar.yml."""

    owner: str
    months_after: int
    day: int
    remind_days_before: int
    exceptions: dict[str, dt.date]

    def due_on(self, period: str) -> dt.date:
        """Return the last day on which the figures of a month are not late."""
        if period in self.exceptions:
            return self.exceptions[period]
        year, month = _later(period, self.months_after)
        return dt.date(year, month, self.day)


@dataclass(frozen=True)
class Entry:
    """One month of the calendar on a business date."""

    period: str
    due_on: dt.date
    state: State
    release_id: int | None
    """The first release that shows it."""
    published_on: dt.date | None
    days_late: int


def calendar() -> Calendar:
    """Return the calendar of the project. Raises ReleaseCalendarError naming the fault."""
    return parse(FILE)


@cache
def parse(path: Path) -> Calendar:
    """Read a calendar file. Raises ReleaseCalendarError naming file and fault."""
    try:
        document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        if set(document) != KEYS:
            raise ValueError(f"the keys are {sorted(KEYS)}, not {sorted(document)}")
        exceptions = {str(period): found["due_on"] for period, found in document["exceptions"].items() if _told(found)}
        found = Calendar(
            str(document["owner"]),
            int(document["due"]["months_after"]),
            int(document["due"]["day"]),
            int(document["remind_days_before"]),
            exceptions,
        )
        if not (1 <= found.day <= 28 and found.months_after >= 1 and found.remind_days_before >= 0 and found.owner):
            raise ValueError("day is 1 to 28, months_after 1 or more, remind_days_before not negative, owner not empty")
        for period, due_on in exceptions.items():
            if not isinstance(due_on, dt.date) or due_on < dt.date(*_later(period, 1), 1):
                raise ValueError(f"{period} cannot be due on {due_on}, before the month has ended")
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReleaseCalendarError(f"{path}: {type(error).__name__}: {error}") from error
    return found


def entries(as_of: dt.date, of: Calendar | None = None) -> list[Entry]:
    """Return the calendar on a business date: from the first release's last month to the month that is not over yet.

    Without any release it begins with the last complete month.
    """
    terms = of or calendar()
    with connect() as connection:
        shown = _shown(connection, as_of)
        first = connection.execute("select min(period) from ops.release where as_of <= %s", [as_of]).fetchone()
    running = f"{as_of:%Y-%m}"
    period = (first[0] if first else None) or _before(running)
    found = []
    while period <= running:
        found.append(_entry(terms, period, as_of, shown))
        period = f"{dt.date(*_later(period, 1), 1):%Y-%m}"
    return found


def alert(as_of: dt.date, of: Calendar | None = None) -> list[str]:
    """Raise `release_due` and `release_late` for months of the calendar; return the months spoken of now.

    Idempotence: each is said once per month.
    """
    terms = of or calendar()
    raised = []
    for entry in entries(as_of, terms):
        if entry.state in ("due", "late"):
            words = "is due on" if entry.state == "due" else "was due on"
            message = (
                f"the release of {entry.period} {words} {entry.due_on} and is not published; {terms.owner} decides"
            )
            if alerts.record(f"release_{entry.state}", entry.period, message):
                raised.append(entry.period)
    return raised


def _entry(terms: Calendar, period: str, as_of: dt.date, shown: list[tuple[int, str, dt.date]]) -> Entry:
    due_on = terms.due_on(period)
    release_id, _, published_on = next(((r, p, on) for r, p, on in shown if p >= period), (None, "", None))
    days_late = max(((published_on or as_of) - due_on).days, 0)
    complete = as_of >= dt.date(*_later(period, 1), 1)
    state: State
    if published_on is not None:
        state = "published late" if days_late else "published"
    elif days_late:
        state = "late"
    else:
        near = complete and as_of >= due_on - dt.timedelta(days=terms.remind_days_before)
        state = "due" if near else "open"
    return Entry(period, due_on, state, release_id, published_on, days_late)


def _shown(connection: Connection[Any], as_of: dt.date) -> list[tuple[int, str, dt.date]]:
    """Published releases with last month and day of publication, those of later business dates left out."""
    rows = connection.execute(SHOWN).fetchall()
    return [(release_id, period, on) for release_id, period, on in rows if on <= as_of]


def _told(found: Any) -> bool:
    if set(found) != {"due_on", "reason"} or not found["reason"]:
        raise ValueError("an exception has due_on and reason")
    return True


def _later(period: str, months: int) -> tuple[int, int]:
    year, month = (int(part) for part in period.split("-"))
    return year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1


def _before(period: str) -> str:
    return f"{dt.date(*_later(period, -1), 1):%Y-%m}"
