"""What the statistics office delivers: district figures by month, and a city row that need not be their sum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from simulators.world import codes
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]
LEVELS = {
    "private_trade_yuan": 55e9,
    "private_investment_yuan": 30e9,
    "private_value_added_yuan": 60e9,
    "gdp_yuan": 130e9,
    "total_tax_yuan": 18e9,
    "resident_population": 10_400_000,
}
"""Order of magnitude of the whole city's monthly figure."""


def district_figures(time: Timetable, rng: Rng) -> pl.DataFrame:
    """Figures by district, month and indicator, first release in the next month; one in thirty revised later."""
    r = rng("st_district_indicator")
    weights = dict(zip(codes.DISTRICTS, codes.DISTRICT_WEIGHTS, strict=True))
    rows = []
    for k in range(-1, time.months - 1):
        due = time.month(k + 1).replace(day=22)
        for indicator, level in LEVELS.items():
            values = {d: round(level * w * float(np.exp(r.normal(0, 0.04))), 0) for d, w in weights.items()}
            values[codes.CITY] = round(sum(values.values()) * (1.002 if r.random() < 0.3 else 1.0), 0)
            for district, value in values.items():
                rows.append((district, time.period(k), indicator, 1, value, due))
                if r.random() < 1 / 30:
                    rows.append(
                        (
                            district,
                            time.period(k),
                            indicator,
                            2,
                            round(value * 1.01, 0),
                            time.month(k + 2).replace(day=22),
                        )
                    )
    names = ["district_code", "period", "indicator_code", "version", "value", "_delivered_on"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(_true_id=pl.lit(None, pl.String))
    return frame.filter(pl.col("_delivered_on") <= time.end)
