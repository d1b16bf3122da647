"""What the tax bureau delivers: taxpayers, VAT and income tax returns, payments, credit ratings.

An account bears the 18-character credit code, the old 15-digit number (district and organisation code) or, for
shops, an invented personal number of 17 or 20 characters; one enterprise in thirty has two accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl

from simulators.world import names
from simulators.world.lifecycle import Life
from simulators.world.population import weighted
from simulators.world.timetable import Timetable, month_end

Rng = Callable[[str], np.random.Generator]


def accounts(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Tax accounts: the population's columns plus taxpayer_no, taxpayer_id, filing (月, 季, 不), share."""
    r = rng("tax accounts")
    p = life.population.filter(pl.col("status").eq("存续") | ~pl.col("registered"))
    firm, shop = (p["category"] == "企业").to_numpy(), (p["category"] == "个体工商户").to_numpy()
    big = (p["idx"] < 12).to_numpy()
    holds = r.random(len(p)) < np.where(firm, 0.85, np.where(shop, 0.2, 0.3))
    p = p.filter(pl.Series(holds | big))
    second = p.filter(pl.Series((r.random(len(p)) < 0.03) & (p["category"] == "企业").to_numpy()))
    both = pl.concat([p.with_columns(first=pl.lit(True)), second.with_columns(first=pl.lit(False))])
    n = len(both)
    firm, shop = (both["category"] == "企业").to_numpy(), (both["category"] == "个体工商户").to_numpy()
    large = np.minimum(both["heads"].to_numpy() / 14, 1.0)
    kind = r.random(n)
    monthly = kind < np.where(firm, 0.06 + 0.3 * large, 0.0)
    quarterly = ~monthly & (kind < np.where(firm, 0.46, np.where(shop, 0.36, 0.1)))
    quarterly |= (both["idx"] < 12).to_numpy() & ~monthly
    personal = np.char.add("370299", np.char.add("19", names.padded(r.integers(0, 10**9, n), 9)))
    personal = np.where(r.random(n) < 0.5, personal, np.char.add(personal, "001"))
    old = (both["established_on"] < date(2015, 10, 1)).to_numpy()
    legacy = old & ~shop & (r.random(n) < 0.2)
    bare = both["uscc"].is_null().to_numpy()
    return both.with_columns(
        taxpayer_no=names.series(np.char.add("1013702", names.padded(np.arange(n) + 1, 9))),
        taxpayer_id=pl.when(pl.Series(bare | (shop & (r.random(n) < 0.3))))
        .then(names.series(personal))
        .when(pl.Series(legacy))
        .then(pl.col("district") + pl.col("org_code"))
        .otherwise("uscc"),
        filing=names.series(np.where(monthly, "月", np.where(quarterly, "季", "不"))),
        share=pl.when("first").then(0.75).otherwise(0.25) if len(second) else pl.lit(1.0),
    )


def taxpayers(held: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """One row per account, and another when it is cancelled."""
    r = rng("tx_taxpayer")
    n = len(held)
    founded = held["established_on"].to_numpy().astype("datetime64[D]") + r.integers(3, 25, n)
    recorded = np.where(founded < np.datetime64(time.start), np.datetime64(time.start) - r.integers(1, 900, n), founded)
    rows = held.with_columns(
        taxpayer_name=loosely(held["name"], r),
        taxpayer_status=names.series(weighted(r, ["正常", "停业", "非正常"], (0.95, 0.02, 0.03), n)),
        taxpayer_kind=pl.when(pl.col("filing") == "月").then(pl.lit("一般纳税人")).otherwise(pl.lit("小规模纳税人")),
        registered_on=pl.Series(founded),
        cancelled_on=pl.lit(None, pl.Date),
        _delivered_on=pl.Series(time.delivered(recorded, time.daily)),
        _recorded=pl.Series(recorded).cast(pl.Date),
    )
    gone = rows.filter(
        (pl.col("closed_on") > time.start) & (pl.col("closed_on") > pl.col("registered_on"))
    ).with_columns(
        taxpayer_status=pl.lit("注销"), cancelled_on="closed_on", taxpayer_name="final_name", _recorded="closed_on"
    )
    gone = gone.with_columns(_delivered_on=pl.Series(time.delivered(gone["closed_on"].to_numpy(), time.daily)))
    rows = pl.concat([rows, gone]).filter(pl.col("_delivered_on").is_not_null())
    rows = rows.unique(["taxpayer_no", "_delivered_on"], keep="last", maintain_order=True)
    seconds = pl.lit(pl.Series(r.integers(8 * 3600, 18 * 3600, len(rows))))
    return rows.select(
        "taxpayer_no", "taxpayer_id", "taxpayer_name", "taxpayer_status", "taxpayer_kind", "registered_on",
        cancelled_on="cancelled_on", district_code="district", industry_code="industry", address="address",
        updated_at=pl.col("_recorded").cast(pl.Datetime("us")) + pl.duration(seconds=seconds),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def loosely(name: pl.Series, r: np.random.Generator) -> pl.Series:
    """Write names as other departments do: one in eight with half-width brackets, one in fifty with a space."""
    n = len(name)
    half = name.str.replace_all("（", "(", literal=True).str.replace_all("）", ")", literal=True)
    spaced = name.str.replace("有限", " 有限", literal=True)
    kind = pl.Series(r.random(n))
    return (
        pl.DataFrame({"a": name, "b": half, "c": spaced, "k": kind})
        .select(pl.when(pl.col("k") < 0.5).then("b").when(pl.col("k") < 0.52).then("c").otherwise("a"))
        .to_series()
    )


def filings(held: pl.DataFrame, time: Timetable) -> pl.DataFrame:
    """Every account and period it files for, with the months the period covers and its delivery."""
    parts = []
    for k in range(-1, time.months - 1):
        month = time.month(k)
        due = (pl.col("filing") == "月") | ((pl.col("filing") == "季") & pl.lit(month.month % 3 == 0))
        alive = (pl.col("established_on") < month) & (
            pl.col("closed_on").is_null() | (pl.col("closed_on") > month_end(month))
        )
        parts.append(
            held.filter(due & alive).with_columns(
                month=pl.lit(month), k=pl.lit(k), covers=pl.when(pl.col("filing") == "月").then(1.0).otherwise(3.0)
            )
        )
    return pl.concat(parts)


def vat_returns(filed: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Monthly and quarterly returns; one in eighty is corrected later by a higher version."""
    r = rng("tx_vat_return")
    n = len(filed)
    season = 1 + 0.12 * np.sin(filed["month"].dt.month().to_numpy() / 12 * 2 * np.pi)
    sales = (
        filed["revenue"].to_numpy() * filed["share"].to_numpy() * filed["covers"].to_numpy() / 12
        * (1 + filed["growth"].to_numpy()) ** (filed["k"].to_numpy() / 12) * season * np.exp(r.normal(0, 0.25, n))
    )  # fmt: skip
    export = np.where(
        (filed["idx"].to_numpy() % 9 == 0) & filed["section"].is_in(["C", "F"]).to_numpy(), sales * 0.4, 0
    )
    refund = np.where(r.random(n) < 0.01, -0.3, 1.0)
    day = filed["month"].dt.offset_by("1mo").to_numpy().astype("datetime64[D]") + r.integers(2, 15, n)
    rows = filed.with_columns(
        period=pl.col("month").dt.strftime("%Y-%m"),
        version=pl.lit(1),
        filing_kind="filing",
        sales_yuan=pl.Series(np.round(sales * np.where(r.random(n) < 0.002, -1, 1), 2)),
        export_sales_yuan=pl.Series(np.round(export, 2)),
        tax_payable_yuan=pl.Series(np.round(sales * 0.022 * refund, 2)),
        filed_at=pl.Series(day).cast(pl.Datetime("us"))
        + pl.duration(seconds=pl.lit(pl.Series(r.integers(30000, 64000, n)))),
    ).with_columns(
        updated_at=pl.col("filed_at") + pl.duration(seconds=7),
        _delivered_on=pl.Series(day).cast(pl.Date).dt.truncate("1mo") + pl.duration(days=17),
    )
    corrected = rows.filter(pl.Series(r.random(n) < 1 / 80)).with_columns(
        version=pl.lit(2),
        sales_yuan=(pl.col("sales_yuan") * 1.07).round(2),
        tax_payable_yuan=(pl.col("tax_payable_yuan") * 1.07).round(2),
        filed_at=pl.col("filed_at").dt.offset_by("1mo"),
        updated_at=pl.col("updated_at").dt.offset_by("1mo"),
        _delivered_on=pl.col("_delivered_on").dt.offset_by("1mo"),
    )
    return pl.concat([rows, corrected]).filter(pl.col("_delivered_on") <= time.end).select(
        "taxpayer_no", "period", "version", "filing_kind", "sales_yuan", "export_sales_yuan", "tax_payable_yuan",
        "filed_at", "updated_at", "_delivered_on", _true_id="true_id",
    )  # fmt: skip


def payments(filed: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Taxes received, by voucher; refunds are negative, one in a hundred and fifty is corrected later."""
    r = rng("tx_payment")
    pays = filed.filter(pl.Series(r.random(len(filed)) < 0.92))
    n = len(pays)
    kind = weighted(r, ["增值税", "企业所得税", "个人所得税", "城建税", "其他"], (0.6, 0.15, 0.12, 0.08, 0.05), n)
    amount = (
        pays["revenue"].to_numpy()
        * pays["share"].to_numpy()
        * pays["covers"].to_numpy()
        / 12
        * 0.028
        * np.exp(r.normal(0, 0.5, n))
    )
    amount = np.where(r.random(n) < 0.008, -0.5 * amount, amount)
    day = pays["month"].dt.offset_by("1mo").to_numpy().astype("datetime64[D]") + 14
    rows = pays.with_columns(
        voucher_no=names.series(np.char.add("337026", names.padded(np.arange(n) + 1, 12))),
        version=pl.lit(1),
        paid_month=pl.Series(day).cast(pl.Date).dt.strftime("%Y-%m"),
        tax_kind=names.series(kind),
        amount_yuan=pl.Series(np.round(amount, 2)),
        updated_at=pl.Series(day).cast(pl.Datetime("us"))
        + pl.duration(seconds=pl.lit(pl.Series(r.integers(30000, 64000, n)))),
        _delivered_on=pl.Series(day).cast(pl.Date).dt.truncate("1mo") + pl.duration(days=17),
    )
    corrected = rows.filter(pl.Series(r.random(n) < 1 / 150)).with_columns(
        version=pl.lit(2),
        amount_yuan=(pl.col("amount_yuan") * 0.9).round(2),
        updated_at=pl.col("updated_at").dt.offset_by("1mo"),
        _delivered_on=pl.col("_delivered_on").dt.offset_by("1mo"),
    )
    return pl.concat([rows, corrected]).filter(pl.col("_delivered_on") <= time.end).select(
        "voucher_no", "version", "taxpayer_no", "paid_month", "tax_kind", "amount_yuan", "updated_at",
        "_delivered_on", _true_id="true_id",
    )  # fmt: skip


def yearly(held: pl.DataFrame, deliveries: list[tuple[date, int]]) -> pl.DataFrame:
    """Accounts of firms by delivered year: rows with `year`, `_delivered_on` and `factor` of growth."""
    filers = held.filter((pl.col("category") == "企业") & pl.col("filing").is_in(["月", "季"]))
    base = min(year for _, year in deliveries)
    return pl.concat(
        filers.filter(
            (pl.col("established_on").dt.year() <= year) & (pl.col("closed_on").is_null() | (pl.col("closed_on") > day))
        ).with_columns(year=pl.lit(year), _delivered_on=pl.lit(day), factor=(1 + pl.col("growth")) ** (year - base - 1))
        for day, year in deliveries
    )


def cit_returns(held: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Yearly income tax returns: three and two years back at the start, then last year each June."""
    r = rng("tx_cit_return")
    initial = time.start.replace(day=18)
    plan = [(initial, time.start.year - 3), (initial, time.start.year - 2), *((d, d.year - 1) for d in time.on(6, 20))]
    filed = yearly(held, plan)
    filed = filed.filter(pl.Series((filed["filing"] == "月").to_numpy() | (filed["idx"].to_numpy() % 3 == 0)))
    n = len(filed)
    revenue = (filed["revenue"] * filed["share"] * filed["factor"] * pl.Series(np.exp(r.normal(0, 0.06, n)))).round(2)
    assets = (revenue * pl.Series(np.exp(r.normal(-0.1, 0.4, n)))).round(2)
    inventive = filed["section"].is_in(["C", "I", "M"]).to_numpy()
    research = np.where(inventive & (r.random(n) < 0.55), r.beta(2, 24, n), 0) * revenue.to_numpy()
    filed_at = filed["_delivered_on"].cast(pl.Datetime("us")) - pl.Series(r.integers(3, 90, n) * 86_400_000_000).cast(
        pl.Duration("us")
    )
    return filed.select(
        "taxpayer_no", tax_year="year", version=pl.lit(1),
        operating_revenue_yuan=revenue,
        main_business_revenue_yuan=(revenue * pl.Series(0.7 + 0.3 * r.beta(5, 1, n))).round(2),
        net_profit_yuan=(revenue * pl.Series(r.normal(0.05, 0.08, n))).round(2),
        total_assets_yuan=assets,
        total_liabilities_yuan=(assets * pl.Series(r.beta(4, 4, n))).round(2),
        rd_expense_yuan=pl.Series(np.where(r.random(n) < 0.05, np.nan, np.round(research, 2))).fill_nan(None),
        filed_at=filed_at, updated_at=filed_at + timedelta(seconds=9),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def credit_ratings(held: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Yearly grades: the year before last at the start, then last year each April."""
    r = rng("tx_credit_rating")
    plan = [(time.start.replace(day=18), time.start.year - 2), *((d, d.year - 1) for d in time.on(4, 25))]
    rated = yearly(held, plan)
    rated = rated.filter(pl.Series(r.random(len(rated)) < 0.7))
    grade = weighted(r, ["A", "B", "M", "C", "D"], (0.15, 0.5, 0.25, 0.06, 0.04), len(rated))
    return rated.select(
        "taxpayer_no", rating_year="year", grade=names.series(grade),
        updated_at=pl.col("_delivered_on").cast(pl.Datetime("us")) - timedelta(days=2),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip
