"""What finance delivers: subsidies, loans, guarantees, equity rounds, listings; by name, often without a code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from simulators.world import codes, names
from simulators.world.lifecycle import Life
from simulators.world.population import weighted
from simulators.world.tax import loosely
from simulators.world.timetable import Timetable

BOARDS = ("科创板", "创业板", "北交所", "主板")
Rng = Callable[[str], np.random.Generator]


def firms(life: Life) -> pl.DataFrame:
    """The firms finance deals with: in business at the start, registered here or elsewhere."""
    return life.population.filter(
        (pl.col("category") == "企业") & pl.col("old") & pl.col("status").eq("存续") | ~pl.col("registered")
    )


def named(
    rows: pl.DataFrame, r: np.random.Generator, coded: float, on: np.ndarray[tuple[int], np.dtype[np.datetime64]]
) -> tuple[pl.Series, pl.Series]:
    """Return name and credit code as a bank or office would write them; a share without code.

    A name that several bear is always written with its code: people do so to tell them apart.
    """
    n = len(rows)
    with_code = (r.random(n) < coded) | rows["shared_name"].to_numpy()
    code = rows.select(pl.when(pl.Series(with_code)).then("uscc")).to_series()
    return loosely(rows["name"], r), code


def monthly(
    pool: pl.DataFrame, time: Timetable, r: np.random.Generator, share: float, day: int
) -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.datetime64]]]:
    """Draw dealings: rows of the pool with `_delivered_on` on a day of the month after the dealing's day."""
    each = np.maximum(1, r.poisson(len(pool) * share, time.months)) * min(len(pool), 1)
    k = np.repeat(np.arange(time.months), each)
    rows = pool[r.integers(0, len(pool), len(k))]
    on = np.array([np.datetime64(time.month(int(i) - 1)) for i in k], dtype="datetime64[D]") + r.integers(0, 28, len(k))
    due = pl.Series([time.month(int(i)).replace(day=day) for i in k], dtype=pl.Date)
    alive = pl.col("closed_on").is_null() | (pl.col("closed_on") > pl.Series(on).cast(pl.Date))
    keep = rows.select(alive & (pl.col("established_on") < pl.Series(on).cast(pl.Date))).to_series().fill_null(True)
    return rows.with_columns(_delivered_on=due).filter(keep), on[keep.to_numpy()]


def numbers(prefix: str, n: int, width: int = 8) -> pl.Series:
    """Return n running numbers behind a prefix."""
    return names.series(np.char.add(prefix, names.padded(np.arange(n) + 1, width)))


def subsidies(pool: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Grants to enterprises, paid in the month before the delivery."""
    r = rng("fn_subsidy")
    rows, on = monthly(pool, time, r, 0.012, 10)
    n = len(rows)
    name, code = named(rows, r, 0.6, on)
    policy = r.integers(0, 4, n)
    titles = np.array(["技术改造奖补", "专精特新奖励", "稳外贸补助", "创业担保贷款贴息"])
    return rows.select(
        grant_no=numbers("DF", n), enterprise_name=name, uscc=code,
        policy_code=names.series(np.char.add("QD-ZC-", (policy + 1).astype(str))),
        policy_name=names.series(titles[policy]),
        fund_level=names.series(weighted(r, ["中央", "省", "市", "区市"], (0.1, 0.2, 0.4, 0.3), n)),
        amount_wan=pl.Series(np.round(np.exp(r.normal(2.3, 1.1, n)), 2)), paid_on=pl.Series(on),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def guarantees(pool: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Guarantee contracts signed in the month before the delivery."""
    r = rng("fn_guarantee")
    rows, on = monthly(pool, time, r, 0.007, 10)
    n = len(rows)
    name, code = named(rows, r, 0.7, on)
    return rows.select(
        guarantee_no=numbers("DB", n), enterprise_name=name, uscc=code,
        guarantor=names.series(names.choose(r, codes.GUARANTORS, n)),
        amount_wan=pl.Series(np.round(np.exp(r.normal(5, 0.8, n)), -1) + 10), signed_on=pl.Series(on),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def equity(pool: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Equity rounds paid in the month before the delivery."""
    r = rng("fn_equity")
    rows, on = monthly(pool, time, r, 0.0008, 10)
    n = len(rows)
    name, code = named(rows, r, 0.7, on)
    paid = np.round(np.exp(r.normal(6.8, 1.0, n)), 2)
    return rows.select(
        deal_no=numbers("RZ", n), enterprise_name=name, uscc=code,
        round=names.series(weighted(r, ["天使轮", "A轮", "B轮", "C轮", "Pre-IPO"], (0.3, 0.35, 0.2, 0.1, 0.05), n)),
        is_qualified_investor=names.series(np.where(r.random(n) < 0.7, "是", "否")),
        paid_in_wan=pl.Series(paid),
        post_valuation_wan=pl.Series(np.round(paid * r.uniform(4, 14, n), 2)).set(pl.Series(r.random(n) < 0.3), None),
        paid_on=pl.Series(on), _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def listings(pool: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Steps towards a listing; what happened before the start comes with the first delivery."""
    r = rng("fn_listing")
    rows, on = monthly(pool, time, r, 0.0006, 10)
    history = rows.sample(fraction=0.5, seed=1).with_columns(_delivered_on=pl.lit(time.start.replace(day=10)))
    before = np.datetime64(time.start) - r.integers(30, 900, len(history))
    rows, on = pl.concat([history, rows]), np.concatenate([before, on])
    n = len(rows)
    name, code = named(rows, r, 0.8, on)
    stage = weighted(r, ["股改完成", "辅导备案", "过会", "上市", "新三板挂牌"], (0.4, 0.25, 0.1, 0.1, 0.15), n)
    return rows.select(
        listing_no=numbers("SS", n, 6), enterprise_name=name, uscc=code, stage=names.series(stage),
        board=names.series(np.where(stage == "新三板挂牌", "新三板", names.choose(r, BOARDS, n))),
        stage_on=pl.Series(on), _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def loans(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """A complete snapshot of running loans each month, balances falling; a loan repaid is gone."""
    r = rng("fn_loan")
    pool = life.population.filter(
        (pl.col("old") & pl.col("status").eq("存续") & (pl.col("category") == "企业")) | ~pl.col("registered")
    )
    n = max(8, round(len(pool) * 0.34))
    rows = pool[r.integers(0, len(pool), n)]
    start, span = np.datetime64(time.start, "D"), 31 * time.months
    starts = start - 500 + r.integers(0, 500 + span, n)
    starts = np.maximum(starts, rows["established_on"].to_numpy().astype("datetime64[D]") + 30)
    term = names.choose(r, ("180", "365", "365", "730", "1095"), n).astype(np.int64)
    amount = np.round(np.exp(r.normal(5.2, 1.0, n)), 0) + 5
    name, code = named(rows, r, 0.9, starts)
    loan = rows.select(
        loan_no=numbers("JJ", n, 10), borrower_name=name, borrower_uscc=code,
        bank=names.series(names.choose(r, codes.BANKS, n)),
        loan_kind=names.series(weighted(r, ["信用", "抵押", "质押", "保证"], (0.35, 0.35, 0.08, 0.22), n)),
        is_first_loan=names.series(np.where(r.random(n) < 0.12, "是", "否")),
        amount_wan=pl.Series(amount), annual_rate_pct=pl.Series(np.round(r.normal(3.9, 0.6, n).clip(2.2, 7), 2)),
        starts_on=pl.Series(starts), due_on=pl.Series(starts + term), closed_on="closed_on", _true_id="true_id",
    )  # fmt: skip
    parts = []
    for day in time.monthly(28):
        left = (pl.lit(day) - pl.col("starts_on")).dt.total_days() / (
            pl.col("due_on") - pl.col("starts_on")
        ).dt.total_days()
        running = (
            (pl.col("starts_on") <= day)
            & (pl.col("due_on") > day)
            & (pl.col("closed_on").is_null() | (pl.col("closed_on") > day))
        )
        parts.append(
            loan.filter(running).select(
                "loan_no",
                "borrower_name",
                "borrower_uscc",
                "bank",
                "loan_kind",
                "is_first_loan",
                "amount_wan",
                balance_wan=(pl.col("amount_wan") * (1 - (left * 4).floor() / 5)).round(2),
                annual_rate_pct="annual_rate_pct",
                starts_on="starts_on",
                due_on="due_on",
                _delivered_on=pl.lit(day),
                _true_id="_true_id",
            )
        )
    return pl.concat(parts)
