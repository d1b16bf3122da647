"""What the department of human resources delivers: insured heads, talent, stability subsidies.

Its credit codes are the dirtiest of all: empty, in lower case, full-width, with O for 0, one character wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from simulators.world import codes, identifiers, names
from simulators.world.lifecycle import Life
from simulators.world.tax import loosely
from simulators.world.timetable import Timetable, month_end

Rng = Callable[[str], np.random.Generator]
_WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(ord("0"), ord("z") + 1)})


def employers(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Employer accounts: the population's columns plus employer_no, employer_name, dirty_uscc."""
    r = rng("hr accounts")
    p = life.population.filter(pl.col("status").eq("存续") | ~pl.col("registered"))
    firm = (p["category"] == "企业").to_numpy()
    heads = p["heads"].to_numpy()
    chance = np.where(firm, np.where(heads >= 10, 0.7, 0.22), 0.006)
    p = p.filter(pl.Series((r.random(len(p)) < chance) | (p["idx"] < 12).to_numpy()))
    n = len(p)
    named = (p["reg_no"].is_null() | p["uscc"].is_not_null()).to_numpy()
    name = loosely(p["name"], r)
    # A few accounts carry a short name and no code: what no exact rule can tie.
    hard = r.random(n) < 0.001
    short = p["name"].str.replace("^青岛市?", "").str.replace("(股份)?有限(责任)?公司$", "")
    return p.with_columns(
        employer_no=names.series(np.char.add("37020", names.padded(np.arange(n) + 1, 7))),
        employer_name=pl.when(pl.Series(hard)).then(short).otherwise(name),
        dirty_uscc=pl.when(pl.Series(hard | ~named)).then(None).otherwise(dirty(p["uscc"], r)),
    )


def dirty(codes_: pl.Series, r: np.random.Generator) -> pl.Series:
    """Write credit codes as the department types them: nine in ten clean."""
    n = len(codes_)
    kind = r.random(n)
    clean = codes_.fill_null("").to_numpy().astype("<U18")
    known = np.char.str_len(clean) == 18
    spoiled = clean.copy()
    spoiled[known] = identifiers.spoil(clean[known], r)
    texts = clean.tolist()
    out = [
        None
        if not t or k < 0.04
        else t.lower()
        if k < 0.055
        else t.translate(_WIDE)
        if k < 0.065
        else t.replace("0", "O")
        if k < 0.08
        else s
        if k < 0.1
        else t
        for t, s, k in zip(texts, spoiled.tolist(), kind.tolist(), strict=True)
    ]
    return pl.Series(out, dtype=pl.String)


def insurance(held: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Heads by account and month, delivered on the twelfth of the next month; some corrected later."""
    r = rng("hr_insurance")
    parts = []
    for k in range(-1, time.months - 1):
        month = time.month(k)
        alive = (pl.col("established_on") < month) & (
            pl.col("closed_on").is_null() | (pl.col("closed_on") > month_end(month))
        )
        parts.append(held.filter(alive).with_columns(k=pl.lit(k), month=pl.lit(month)))
    rows = pl.concat(parts)
    n = len(rows)
    expected = rows["heads"].to_numpy() * (1 + 0.6 * rows["growth"].to_numpy()) ** (rows["k"].to_numpy() / 12)
    heads = np.maximum(np.round(expected * np.exp(r.normal(0, 0.02, n))), 1).astype(np.int64)
    joined = r.poisson(np.minimum(heads * 0.02, 50))
    rows = rows.with_columns(
        uscc="dirty_uscc",
        district_code=pl.col("district").replace(codes.WITHDRAWN),
        version=pl.lit(1),
        insured_headcount=pl.Series(heads),
        new_hires=pl.Series(joined),
        departures=pl.Series(r.poisson(np.minimum(heads * 0.018, 50))),
        _delivered_on=pl.col("month").dt.offset_by("1mo").dt.offset_by("11d"),
    )
    corrected = rows.filter(pl.Series(r.random(n) < 1 / 120)).with_columns(
        version=pl.lit(2),
        insured_headcount=pl.col("insured_headcount") + 1,
        _delivered_on=pl.col("_delivered_on").dt.offset_by("1mo"),
    )
    return pl.concat([rows, corrected]).filter(pl.col("_delivered_on") <= time.end).select(
        "employer_no", "employer_name", "uscc", "district_code", month=pl.col("month").dt.strftime("%Y-%m"),
        version="version", insured_headcount="insured_headcount", new_hires="new_hires", departures="departures",
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def talent(held: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Research staff and titles by year: the year before last at the start, then last year each March."""
    r = rng("hr_talent")
    parts = []
    plan: list[tuple[date, int]] = [
        (time.start.replace(day=12), time.start.year - 2),
        *((d, d.year - 1) for d in time.on(3, 20)),
    ]
    reported = held.filter(pl.Series((r.random(len(held)) < 0.35) | (held["idx"] < 12).to_numpy()))
    for day, year in plan:
        rows = reported.filter(
            (pl.col("established_on").dt.year() <= year) & (pl.col("closed_on").is_null() | (pl.col("closed_on") > day))
        )
        n = len(rows)
        inventive = rows["section"].is_in(["C", "I", "M"]).to_numpy()
        staff = (rows["heads"].to_numpy() * np.where(inventive, r.beta(2, 8, n), r.beta(1, 30, n))).astype(np.int64)
        parts.append(
            rows.select(
                "employer_no",
                "employer_name",
                uscc="dirty_uscc",
                as_of_year=pl.lit(year),
                version=pl.lit(1),
                rd_headcount=pl.Series(staff),
                senior_title_headcount=pl.Series(r.binomial(np.maximum(staff, 1), 0.1)),
                high_level_talent_headcount=pl.Series(r.binomial(np.maximum(staff, 1), 0.03)),
                _delivered_on=pl.lit(day),
                _true_id="true_id",
            )
        )
    return pl.concat(parts)


def stability_subsidies(held: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Grants that return part of the premiums, a few accounts each month."""
    r = rng("hr_stability_subsidy")
    n_each = np.maximum(1, r.poisson(len(held) * 0.03, time.months)) * min(len(held), 1)
    k = np.repeat(np.arange(time.months), n_each)
    rows = held[r.integers(0, len(held), len(k))]
    n = len(rows)
    paid = np.array([np.datetime64(time.month(int(i) - 1)) for i in k], dtype="datetime64[D]") + r.integers(0, 27, n)
    day = pl.lit(pl.Series(paid).cast(pl.Date))
    alive = (pl.col("established_on") < day) & (pl.col("closed_on").is_null() | (pl.col("closed_on") > day))
    return (
        rows.select(
            grant_no=names.series(np.char.add("WG", names.padded(np.arange(n) + 1, 8))),
            employer_no="employer_no",
            uscc="dirty_uscc",
            amount_yuan=(pl.col("heads") * pl.Series(r.integers(150, 600, n))).cast(pl.Float64),
            paid_on=pl.Series(paid),
            _delivered_on=pl.Series([time.month(int(i)).replace(day=12) for i in k], dtype=pl.Date),
            _true_id="true_id",
            _alive=alive,
        )
        .filter("_alive")
        .drop("_alive")
    )
