"""Early signs: months in which a district's figure is unlike the months around it. Notes for people, never facts.

Read are the open totals of scope `all` alone, so that a note tells nothing a reader could not see. Two published
methods, each from a library:

- A month that stands out: its distance from a robust trend, in robust standard deviations of all distances, beyond 3.5
  (Iglewicz and Hoaglin 1993) and at least a tenth of the usual level. The trend is a robust LOWESS of the months
  (Cleveland 1979), from five years on less the season of a robust STL (Cleveland and others 1990). statsmodels.
- A shift of level: a change point of the months less their season by PELT with squared error (Killick and others 2012),
  at a penalty of 3 log n, three months on either side at least. ruptures.

Of a stock the changes from month to month are looked at: its level is where it was the month before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from psycopg import Connection

Floats = NDArray[np.float64]

FEWEST_MONTHS = 12
YEAR = 12
BEYOND = 3.5
LEAST_SHARE = 0.1
SEASONAL_FROM = 5 * YEAR
"""Of fewer years a season is mostly what stood out in one of them."""
ALWAYS = 10_001
PENALTY = 3.0
FEWEST_IN_LEVEL = 3
TO_NORMAL = 1.4826
"""A median absolute deviation times this is a standard deviation where nothing stands out."""
LOOK_BACK = 12
"""Months of a release that notes are made for; older ones are no early sign any more."""
SERIES = """
select d.district_code, d.indicator_code, i.kind, d.period, d.value::float8 as value
from publish.district_monthly as d
join publish.indicator as i on i.release_id = d.release_id and i.indicator_code = d.indicator_code
where d.release_id = %s and d.scope = 'all' and d.breakdown = '' and d.cell_status = 'published' and d.value is not null
    and i.kind <> 'rate'
order by d.district_code, d.indicator_code, d.period
"""


@dataclass(frozen=True)
class Sign:
    """One month of a series that is unlike its neighbours."""

    place: int
    """Of the month in the series."""
    kind: str
    """`outlier` or `level_shift`."""
    score: float
    """Robust standard deviations off; of a shift, by how many the levels differ."""
    usual: float
    """What the trend, or the level before, would have been."""


def note(connection: Connection[Any], release_id: int) -> int:
    """Write the early signs of a draft to publish.early_sign; return how many.

    Grain: release, district, indicator, month and kind. Only series without a hidden or missing month are looked at.
    """
    rows = connection.execute(SERIES, [release_id]).fetchall()
    columns = ["district_code", "indicator_code", "kind", "period", "value"]
    found = []
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    for (district, indicator, kind), months in frame.group_by(columns[:3], maintain_order=True):
        periods, values = months["period"].to_list(), months["value"].to_numpy()
        if not _without_gaps(periods):
            continue
        for sign in signs(values, is_stock=kind == "stock"):
            if sign.place >= len(periods) - LOOK_BACK:
                told = _told(sign, is_stock=kind == "stock")
                found.append((release_id, district, indicator, periods[sign.place], sign.kind, sign.score, *told))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into publish.early_sign (release_id, district_code, indicator_code, period, kind, score, note_zh,"
            " note_en) values (%s, %s, %s, %s, %s, round(%s::numeric, 2), %s, %s)",
            found,
        )
    return len(found)


def signs(values: Floats, *, is_stock: bool = False) -> list[Sign]:
    """Return what stands out of a monthly series without gaps, in order of month; nothing of a short one."""
    series = np.diff(values) if is_stock else values
    if len(series) < FEWEST_MONTHS:
        return []
    usual, season = _usual(series)
    away = series - usual
    spread = TO_NORMAL * float(np.median(np.abs(away - np.median(away))))
    if spread == 0:
        return []
    level = max(float(np.median(np.abs(values))), spread)
    first = 1 if is_stock else 0
    found = [
        Sign(first + int(n), "outlier", float(away[n] / spread), float(usual[n]))
        for n in np.flatnonzero((np.abs(away) > BEYOND * spread) & (np.abs(away) >= LEAST_SHARE * level))
    ]
    found += [s for s in _shifts(series - season, spread, first) if abs(s.score) * spread >= LEAST_SHARE * level]
    return sorted(found, key=lambda s: (s.place, s.kind))


def _usual(series: Floats) -> tuple[Floats, Floats]:
    """Return what each month would usually have been, and how much of it is the season."""
    from statsmodels.nonparametric.smoothers_lowess import lowess

    season = np.zeros(len(series))
    if len(series) >= SEASONAL_FROM:
        from statsmodels.tsa.seasonal import STL

        # the same season every year: a few years are too few to let it wander after what stands out
        season = np.asarray(STL(series, period=YEAR, seasonal=ALWAYS, seasonal_deg=0, robust=True).fit().seasonal)
    months = np.arange(len(series), dtype=np.float64)
    return season + lowess(series - season, months, frac=0.8, it=5, return_sorted=False), season


def _shifts(series: Floats, spread: float, first: int) -> Iterator[Sign]:
    import ruptures

    scaled = (series / spread).reshape(-1, 1)
    search = ruptures.Pelt(model="l2", min_size=FEWEST_IN_LEVEL, jump=1).fit(scaled)
    ends = [0, *search.predict(pen=PENALTY * np.log(len(series)))]
    for before, at, after in zip(ends, ends[1:], ends[2:], strict=False):
        old, new = float(np.median(series[before:at])), float(np.median(series[at:after]))
        if abs(new - old) > BEYOND * spread:
            yield Sign(first + at, "level_shift", (new - old) / spread, old)


def _without_gaps(periods: list[str]) -> bool:
    months = [int(p[:4]) * 12 + int(p[5:]) for p in periods]
    return months[-1] - months[0] + 1 == len(months)


def _told(sign: Sign, *, is_stock: bool) -> tuple[str, str]:
    what_zh, what_en = ("环比变化", "change") if is_stock else ("数值", "value")
    off, usual = f"{abs(sign.score):.1f}", f"{sign.usual:,.0f}"
    if sign.kind == "outlier":
        return (
            f"当月{what_zh}偏离通常水平（约{usual}）{off}个稳健标准差，供参考，未经核实",
            f"the {what_en} is {off} robust standard deviations off the usual (about {usual}); a note, not verified",
        )
    return (
        f"自当月起{what_zh}的水平与此前（约{usual}）不同，供参考，未经核实",
        f"from this month on the {what_en} runs at another level than before (about {usual}); a note, not verified",
    )
