"""The declarations and self-assessments firms hand to the bureau, one round a year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from simulators.world import names
from simulators.world.bureau import able
from simulators.world.lifecycle import Life
from simulators.world.population import weighted
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]
DOMAINS = ("补短板锻长板填空白", "工业六基或中华老字号", "关键产业链配套", "其他")


def declarations(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Declarations and self-assessments, one round each year and at the start; corrections a month later."""
    r = rng("mi_declaration")
    pool = able(life)
    parts = []
    plan = [(time.start.replace(day=5), time.start.year - 1), *((d, d.year) for d in time.on(5, 10))]
    for day, year in plan:
        rows = pool.filter(
            pl.Series((r.random(len(pool)) < 0.09) | (pool["idx"] < 12).to_numpy())
            & (pl.col("closed_on").is_null() | (pl.col("closed_on") > day))
        )
        parts.append(declared(rows, day, year, r))
    first = pl.concat(parts)
    second = first.filter(pl.Series(r.random(len(first)) < 0.1)).with_columns(
        version=pl.lit(2),
        domestic_market_share_pct=(pl.col("domestic_market_share_pct") + 1).round(1),
        _delivered_on=pl.col("_delivered_on").dt.offset_by("26d"),
    )
    return pl.concat([first, second]).filter(pl.col("_delivered_on") <= time.end)


def declared(rows: pl.DataFrame, day: date, year: int, r: np.random.Generator) -> pl.DataFrame:
    """One round of declarations; about one figure in twelve that may be left out is left out."""
    n = len(rows)

    def flag(share: float) -> pl.Series:
        return names.series(np.where(r.random(n) < share, "是", "否"))

    def gap(values: np.ndarray[tuple[int], np.dtype[np.float64]], share: float = 0.08) -> pl.Series:
        return pl.Series(np.where(r.random(n) < share, np.nan, values)).fill_nan(None)

    own = r.poisson(1.2, n)
    began = pl.lit(date(year, 1, 1)) - pl.duration(days=pl.lit(pl.Series(r.integers(300, 5000, n))))
    frame = rows.select(
        "uscc",
        enterprise_name="name",
        declared_year=pl.lit(year),
        version=pl.lit(1),
        niche_since=pl.max_horizontal("established_on", began),
        leading_product=names.series(np.char.add(names.brands(r, n), "系列产品")),
        product_domain=names.series(weighted(r, DOMAINS, (0.2, 0.2, 0.3, 0.3), n)),
        strategic_emerging=flag(0.4),
        key_field=flag(0.35),
        key_chain_link=flag(0.4),
        domestic_market_share_pct=gap(np.round(r.beta(1.3, 7, n) * 100, 1)),
        domestic_rank=pl.Series(r.integers(1, 60, n)).set(pl.Series(r.random(n) < 0.5), None),
        market_position_confirmed=pl.when(pl.Series(r.random(n) < 0.6)).then(flag(0.5)),
        platform_score=gap(np.round(r.normal(58, 13, n).clip(5, 99), 1), 0.3),
        digital_level=pl.Series(r.integers(1, 5, n)),
        core_business_on_it=flag(0.7),
        ip_class1_high_value=pl.Series(r.binomial(own, 0.5)),
        ip_class1_own=pl.Series(own),
        ip_class1=pl.Series(own + r.poisson(0.6, n)),
        ip_class2=pl.Series(r.poisson(4, n)),
        local_feature_score=gap(np.round(r.uniform(0, 15, n), 1)),
        declared_on=pl.lit(day) - pl.duration(days=pl.lit(pl.Series(r.integers(1, 4, n)))),
        _delivered_on=pl.lit(day),
        _true_id="true_id",
    )
    return frame.filter(pl.col("uscc").is_not_null())
