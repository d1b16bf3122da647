"""When the departments deliver: every delivery date of every dataset of a world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Dates = NDArray[np.datetime64]


@dataclass(frozen=True)
class Timetable:
    """A world's span; the first delivery of each dataset is complete and falls into the first month."""

    start: date
    months: int

    @property
    def end(self) -> date:
        """Last day of the last month."""
        return month_start(self.start, self.months) - timedelta(days=1)

    def month(self, k: int) -> date:
        """First day of the k-th month, 0 for the start; negative before it."""
        return month_start(self.start, k)

    def period(self, k: int) -> str:
        """The k-th month as YYYY-MM."""
        return f"{self.month(k):%Y-%m}"

    @property
    def daily(self) -> list[date]:
        """Deliveries of the registers of daily cadence, bundled by month: start, first of each month, end."""
        return [self.start + timedelta(days=1), *(self.month(k) for k in range(1, self.months)), self.end]

    def monthly(self, day: int) -> list[date]:
        """One delivery on a day of every month."""
        return [self.month(k).replace(day=day) for k in range(self.months)]

    def on(self, month: int, day: int) -> list[date]:
        """Deliveries on that day of every year that lie after the initial one and not after the end."""
        years = range(self.start.year, self.end.year + 1)
        initial = self.start + timedelta(days=20)
        return [d for d in (date(y, month, day) for y in years) if initial < d <= self.end]

    def delivered(self, recorded: Dates, deliveries: list[date]) -> Dates:
        """First delivery after each recording date; NaT when the world ends before."""
        days = np.array(sorted(deliveries), dtype="datetime64[D]")
        place = np.searchsorted(days, recorded.astype("datetime64[D]"), side="right")
        return np.append(days, np.datetime64("NaT"))[place]


def month_start(day: date, k: int) -> date:
    """First day of the month k months after that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + k, 12)
    return date(year, month + 1, 1)


def month_end(day: date) -> date:
    """Last day of the month of `day`."""
    return month_start(day, 1) - timedelta(days=1)


def seeded(seed: int) -> Callable[[str], np.random.Generator]:
    """Return a source of generators, one per topic, so that one topic's draws never shift another's."""

    def generator(topic: str) -> np.random.Generator:
        return np.random.default_rng([seed, *topic.encode()])

    return generator
