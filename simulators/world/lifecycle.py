"""What happens to the enterprises during the world's months: moves, renames, endings, 个转企.

An event has a day it happened on and a day the department recorded it; one in twenty is recorded weeks later,
so that a delivery may change the district of a month long past. Everything downstream of registration (change
events, names used by other departments) reads these events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulators.world import codes, names
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]
Dates = NDArray[np.datetime64]
MONTHLY = {"move": 0.0016, "rename": 0.002, "close": 0.006, "leave": 0.0002, "capital": 0.002, "other": 0.006}
"""Chance per entity and month of each kind of event."""


@dataclass(frozen=True)
class Life:
    """The population with what will happen to it, and the events in long form."""

    population: pl.DataFrame
    """Adds closed_on (first ending, null while alive), predecessor (entity_no) and final_name."""
    events: pl.DataFrame
    """idx, kind, on, recorded, and the new values: name, former, district, address, capital_wan, status, status_on."""


def live(population: pl.DataFrame, time: Timetable, rng: Rng) -> Life:
    """Draw every event of every registered entity."""
    r = rng("lifecycle")
    population, ended = endings(population, time, r)
    closed = population["closed_on"].to_numpy().astype("datetime64[D]")
    moves = moving(population, closed, time, r)
    renames = renaming(population, closed, time, r)
    capital = raising(population, closed, time, r)
    other = plain(population, closed, time, r)
    blank = {
        "name": pl.String, "former": pl.String, "district": pl.String, "address": pl.String,
        "capital_wan": pl.Float64, "status": pl.String, "status_on": pl.Date,
    }  # fmt: skip
    parts = []
    for part in (ended, moves, renames, capital, other):
        missing = [pl.lit(None, t).alias(c) for c, t in blank.items() if c not in part.columns]
        parts.append(part.with_columns(*missing).select("idx", "kind", "on", *blank))
    events = pl.concat(parts).sort("idx", "on", "kind")
    n = len(events)
    late = np.where(r.random(n) < 0.05, r.integers(25, 46, n), r.integers(0, 3, n))
    events = events.with_columns(recorded=pl.col("on") + pl.duration(days=pl.lit(pl.Series(late))))
    last = renames.group_by("idx").agg(final_name=pl.col("name").last())
    population = population.join(last, on="idx", how="left", maintain_order="left")
    return Life(population.with_columns(pl.col("final_name").fill_null(pl.col("name"))), events)


def window(
    population: pl.DataFrame, closed: Dates, time: Timetable, margin: int = 12
) -> tuple[Dates, NDArray[np.int64]]:
    """First possible day of an event of each entity, and how many days there are (0: none)."""
    established = population["established_on"].to_numpy().astype("datetime64[D]")
    first = np.maximum(np.datetime64(time.start, "D"), established + margin)
    end = np.datetime64(time.end, "D")
    last = np.where(np.isnat(closed), end, np.minimum(closed - 40, end))
    days = (last - first).astype(np.int64)
    return first, np.where(population["registered"].to_numpy() & (days > 20), days, 0)


def draw(
    population: pl.DataFrame, closed: Dates, time: Timetable, r: np.random.Generator, kind: str
) -> tuple[NDArray[np.int64], Dates]:
    """Draw which entities meet an event of this kind, and on which day."""
    first, days = window(population, closed, time)
    hit = np.flatnonzero((r.random(len(days)) < MONTHLY[kind] * days / 30.4) & (days > 0))
    on = first[hit] + (r.random(len(hit)) * days[hit]).astype(np.int64)
    return hit, on


def endings(population: pl.DataFrame, time: Timetable, r: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw endings before and within the world, 个转企 included; statuses of old endings stand from the start."""
    n = len(population)
    start = np.datetime64(time.start, "D")
    established = population["established_on"].to_numpy().astype("datetime64[D]")
    registered = population["registered"].to_numpy()
    closed = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    room = np.maximum((start - 1 - established).astype(np.int64), 1)
    gone = registered & (np.arange(n) >= 12) & (room > 60) & (r.random(n) < 0.1)
    closed[gone] = established[gone] + 30 + (r.random(int(gone.sum())) * (room[gone] - 31)).astype(np.int64)
    hit, on = draw(
        population.with_columns(registered=pl.Series(registered & ~gone & (np.arange(n) >= 12))),
        closed,
        time,
        r,
        "close",
    )
    closed[hit] = on
    status = np.where(r.random(n) < 0.2, "吊销", "注销")
    away = gone & (r.random(n) < 0.03)
    status[away] = "迁出"
    leave, left = draw(
        population.with_columns(registered=pl.Series(registered & np.isnat(closed))), closed, time, r, "leave"
    )
    predecessor = pl.Series([None] * n, dtype=pl.String)
    fresh = np.flatnonzero(
        registered & (population["category"] == "企业").to_numpy() & (established >= start) & np.isnat(closed)
    )
    shops = np.flatnonzero(
        registered
        & (population["category"] == "个体工商户").to_numpy()
        & (established < start - 200)
        & np.isnat(closed)
    )
    fresh = np.setdiff1d(fresh, leave)[::12]
    shops = r.permutation(np.setdiff1d(shops, leave))[: len(fresh)]
    fresh = fresh[: len(shops)]
    predecessor = predecessor.scatter(fresh, population["entity_no"].gather(shops)) if len(fresh) else predecessor
    closed[shops], status[shops] = established[fresh], "注销"
    both = np.flatnonzero((status == "吊销") & ~np.isnat(closed) & ~gone & (r.random(n) < 0.5))
    later = closed[both] + r.integers(20, 240, len(both))
    within = np.flatnonzero(~np.isnat(closed) & ~gone)
    idx = np.concatenate([within, both, leave])
    day = np.concatenate([closed[within], later, left])
    kinds = np.concatenate([status[within], np.full(len(both), "注销"), np.full(len(leave), "迁出")])
    events = pl.DataFrame({"idx": idx, "status_on": day, "status": names.series(kinds)}).with_columns(
        pl.col("status_on").cast(pl.Date), on=pl.col("status_on").cast(pl.Date), kind=pl.lit("status")
    )
    elsewhere = pl.Series(names.choose(r, codes.OTHER_CITIES, n).tolist(), dtype=pl.String)
    return population.with_columns(
        district=pl.when(pl.Series(away)).then(elsewhere).otherwise("district"),
        closed_on=pl.Series(closed),
        status=pl.Series(np.where(gone, status, "存续").tolist(), dtype=pl.String),
        status_on=pl.Series(np.where(gone, closed, np.datetime64("NaT"))),
        predecessor=predecessor,
    ), events


def moving(population: pl.DataFrame, closed: Dates, time: Timetable, r: np.random.Generator) -> pl.DataFrame:
    """Draw moves to another district, at most one per entity."""
    hit, on = draw(population, closed, time, r, "move")
    before = population["district"].gather(hit).to_numpy().astype(str)
    after = names.choose(r, list(codes.DISTRICTS), len(hit))
    real = np.array([codes.today(b) for b in before.tolist()], dtype="<U6") != after
    hit, on, after = hit[real], on[real], after[real]
    return pl.DataFrame(
        {
            "idx": hit,
            "on": on,
            "district": names.series(after),
            "address": names.series(names.addresses(r, after)),
            "kind": pl.Series(["move"] * len(hit), dtype=pl.String),
        }
    )


def renaming(population: pl.DataFrame, closed: Dates, time: Timetable, r: np.random.Generator) -> pl.DataFrame:
    """Draw renames of firms; the old name joins the former names."""
    hit, on = draw(population, closed, time, r, "rename")
    firm = ((population["category"] == "企业") & ~population["is_branch"]).gather(hit).to_numpy()
    hit, on = hit[firm], on[firm]
    rows = population[hit]
    fresh = names.enterprise_names(
        r, rows["section"].to_numpy().astype(str), rows["reg_type"].fill_null("173").to_numpy().astype(str)
    )
    fresh = np.array([n.replace("青岛", "青岛新", 1) for n in fresh.tolist()], dtype="<U40")
    free = ~np.isin(fresh, population["name"].to_numpy().astype(str))
    hit, on, rows, fresh = hit[free], on[free], rows.filter(pl.Series(free)), fresh[free]
    return pl.DataFrame(
        {
            "idx": hit,
            "on": on,
            "name": names.series(fresh),
            "former": rows.select(pl.concat_str("former", "name", separator="；", ignore_nulls=True)).to_series(),
            "kind": pl.Series(["rename"] * len(hit), dtype=pl.String),
        }
    )


def raising(population: pl.DataFrame, closed: Dates, time: Timetable, r: np.random.Generator) -> pl.DataFrame:
    """Draw changes of registered capital."""
    hit, on = draw(population, closed, time, r, "capital")
    known = population["capital_wan"].gather(hit).is_not_null().to_numpy()
    hit, on = hit[known], on[known]
    capital = population["capital_wan"].gather(hit) * pl.Series(
        names.choose(r, ("1.5", "2", "5"), len(hit)).astype(float)
    )
    return pl.DataFrame(
        {"idx": hit, "on": on, "capital_wan": capital, "kind": pl.Series(["capital"] * len(hit), dtype=pl.String)}
    )


def plain(population: pl.DataFrame, closed: Dates, time: Timetable, r: np.random.Generator) -> pl.DataFrame:
    """Draw changes that leave the register's figures alone: representative, scope."""
    hit, on = draw(population, closed, time, r, "other")
    kind = np.where(r.random(len(hit)) < 0.6, "representative", "scope")
    return pl.DataFrame({"idx": hit, "on": on, "kind": names.series(kind)})
