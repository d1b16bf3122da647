"""Makers and software firms whose records fit together: those tiers are about.

What departments deliver of an ordinary firm is drawn for each dataset alone, so that hardly any fulfils a rule of nine
conditions. Of some firms that file accounts every record tells one story instead: three years of growth, research,
rights, a platform's score and the titles on the way to the next tier. A third of them falls short by one condition
(`lacks`), of another third one figure was never delivered (`unsaid`).

No row is added: figures of rows that are there change, and where such a firm has no row of its own in a register it
takes the place of another firm's. So faults, repeated rows and odd spellings stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from simulators.world import names
from simulators.world.bureau import able
from simulators.world.lifecycle import Life
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]
SHARE = 0.5
"""Share of the firms with accounts at the departments whose records are made to fit."""
LEVELS = ("starting", "grown", "leading")
FROM_REVENUE = {"starting": 1_500_000, "grown": 16_500_000, "leading": 56_000_000}
MOST_REVENUE = 350_000_000
LACKS = {
    "starting": ("research", "rights", "debt"),
    "grown": ("score", "research", "debt", "niche", "main"),
    "leading": ("score", "share", "debt", "title"),
}
UNSAID = {
    "starting": ("research",),
    "grown": ("score", "position", "research"),
    "leading": ("score", "share", "research"),
}


def promising(life: Life, held: pl.DataFrame, employers: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Return one row per firm whose records are made to fit: who it is, its level, what it lacks, and its figures.

    Eligible are firms the bureau's registers hold, with one tax account and one employer account. Within a level whole
    records, ones that fall short and ones with a figure unsaid take turns.
    """
    r = rng("promising")
    firms = able(life).filter(
        ((pl.col("section") == "C") | pl.col("industry").str.starts_with("I65"))
        & pl.col("uscc").is_not_null() & ~pl.col("shared_name") & pl.col("closed_on").is_null()
        & (pl.col("established_on").dt.year() <= time.start.year - 4)
        & (pl.col("heads") < 290)
    )  # fmt: skip
    filing = held.filter(pl.col("true_id").is_unique()).select("true_id", "taxpayer_no")
    employing = employers.filter(pl.col("true_id").is_unique()).select(
        "true_id", "employer_no", "employer_name", "dirty_uscc"
    )
    for account in (filing, employing):
        firms = firms.join(account, on="true_id", how="inner", maintain_order="left")
    n = len(firms)
    firms = firms.with_columns(growth=pl.Series(r.uniform(0.09, 0.22, n)))
    last = firms["revenue"] * (1 + firms["growth"]) ** (time.end.year - time.start.year + 1)
    level = np.array(LEVELS)[np.searchsorted(list(FROM_REVENUE.values())[1:], last.to_numpy(), side="right")]
    firms = firms.with_columns(level=names.series(level), _draw=pl.Series(r.random(n))).filter(
        (last >= FROM_REVENUE["starting"]) & (last <= MOST_REVENUE)
    )
    place = pl.col("_draw").rank("ordinal").over("level") - 1
    firms = firms.filter(place < (pl.len().over("level") * SHARE).ceil()).with_columns(
        _place=pl.col("_draw").rank("ordinal").over("level").cast(pl.Int64) - 1
    )
    return figured(firms.with_columns(lacks=turns(LACKS, 1), unsaid=turns(UNSAID, 2)).drop("_draw", "_place"), r)


def turns(words: dict[str, tuple[str, ...]], turn: int) -> pl.Expr:
    """Give every third firm of a level, from `turn` on, the words of its level one after another; others none."""
    out = pl.lit("")
    for level, listed in words.items():
        for number, word in enumerate(listed):
            mine = (pl.col("_place") % 3 == turn) & (pl.col("_place") // 3 % len(listed) == number)
            out = pl.when((pl.col("level") == level) & mine).then(pl.lit(word)).otherwise(out)
    return out


def figured(firms: pl.DataFrame, r: np.random.Generator) -> pl.DataFrame:
    """Add what all records of a firm go by; a firm that lacks something lacks it in this."""
    n = len(firms)
    leading = pl.col("level") == "leading"
    drawn = firms.with_columns(
        # research has a lower bound in money too: what little revenue cannot bear is a larger share of it
        research=pl.max_horizontal(
            pl.Series(r.uniform(0.055, 0.08, n)),
            pl.when(leading).then(6_400_000).when(pl.col("level") == "grown").then(1_100_000).otherwise(0)
            / pl.col("revenue"),
        ),
        debt=pl.Series(r.uniform(0.3, 0.54, n)),
        main=pl.Series(r.uniform(0.92, 0.99, n)),
        score=pl.Series(np.round(r.uniform(51, 74, n), 1)) + pl.when(leading).then(12).otherwise(0),
        rights=pl.Series(r.integers(1, 4, n)) + pl.when(leading).then(3).otherwise(0),
        niche=pl.Series(r.uniform(3.6, 4.9, n)),
        share=pl.Series(np.round(r.uniform(12, 45, n), 1)),
        staff=pl.Series(r.uniform(0.14, 0.34, n)),
        titled=pl.Series(r.integers(20, 380, n)),
    )
    worse = {"research": 0.012, "debt": 0.88, "main": 0.66, "score": 41.5, "rights": 0, "niche": 1.4, "share": 3.5}
    return drawn.with_columns(
        pl.when(pl.col("lacks") == word).then(value).otherwise(word).alias(word) for word, value in worse.items()
    )


def growing(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return rows of firms with the growth of the chosen ones, so that every department tells of the same."""
    grows = chosen.select("true_id", _growth="growth")
    return rows.join(grows, on="true_id", how="left", maintain_order="left").with_columns(
        growth=pl.coalesce("_growth", "growth")
    ).drop("_growth")  # fmt: skip


def fitted(rows: dict[str, pl.DataFrame], chosen: pl.DataFrame, time: Timetable) -> dict[str, pl.DataFrame]:
    """Return every dataset's rows with those of the chosen firms made to fit; as many rows as before."""
    return {
        **rows,
        "tx_cit_return": accounts(rows["tx_cit_return"], chosen, time),
        "hr_talent": staff(rows["hr_talent"], chosen),
        "mi_declaration": declarations(rows["mi_declaration"], chosen),
        "mi_tier_holder": titles(rows["mi_tier_holder"], chosen, time),
    }


def accounts(rows: pl.DataFrame, chosen: pl.DataFrame, time: Timetable) -> pl.DataFrame:
    """Give the chosen firms steady accounts; of one whose research is unsaid, last year's is empty."""
    rows = reporting(rows, chosen, "tax_year", ("taxpayer_no",))
    kept = ("true_id", "revenue", "growth", "research", "debt", "main", "unsaid")
    joined = rows.join(chosen.select(kept), left_on="_true_id", right_on="true_id", how="left", maintain_order="left")
    mine = pl.col("debt").is_not_null()
    revenue = (pl.col("revenue") * (1 + pl.col("growth")) ** (pl.col("tax_year") - time.start.year + 2)).round(2)
    unsaid = (pl.col("unsaid") == "research") & (pl.col("tax_year") == time.end.year - 1)
    new = {
        "operating_revenue_yuan": revenue,
        "main_business_revenue_yuan": (revenue * pl.col("main")).round(2),
        "net_profit_yuan": (revenue * pl.col("main") * 0.085).round(2),
        "total_assets_yuan": (revenue * 0.94).round(2),
        "total_liabilities_yuan": (revenue * 0.94 * pl.col("debt")).round(2),
        "rd_expense_yuan": pl.when(~unsaid).then((revenue * pl.col("research")).round(2)),
    }
    return joined.with_columns(pl.when(mine).then(e).otherwise(c).alias(c) for c, e in new.items()).select(rows.columns)


def staff(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Let the chosen firms report research staff, each in place of a firm that reports for the same years."""
    told = ("employer_no", "employer_name", "dirty_uscc")
    rows = reporting(rows.rename({"uscc": "dirty_uscc"}), chosen, "as_of_year", told).rename({"dirty_uscc": "uscc"})
    joined = rows.join(
        chosen.select("true_id", "heads", "staff"),
        left_on="_true_id",
        right_on="true_id",
        how="left",
        maintain_order="left",
    )
    count = pl.max_horizontal((pl.col("heads") * 1.25 * pl.col("staff")).ceil().cast(pl.Int64), pl.lit(2))
    return joined.with_columns(
        rd_headcount=pl.when(pl.col("staff").is_not_null()).then(count).otherwise("rd_headcount")
    ).select(rows.columns)


def reporting(rows: pl.DataFrame, chosen: pl.DataFrame, year: str, account: tuple[str, ...]) -> pl.DataFrame:
    """Let the chosen firms report each year, each in place of a firm with one account that does."""
    years = rows[year].n_unique()
    whole = rows.group_by("_true_id", maintain_order=True).agg(_rows=pl.len(), _years=pl.col(year).n_unique())
    whole = whole.filter(pl.col("_rows").eq(years) & pl.col("_years").eq(years))
    taking = chosen.join(rows, left_on="true_id", right_on="_true_id", how="anti", maintain_order="left")
    giving = others(whole, chosen).select(_gives="_true_id")
    return exchanged(rows, paired(giving, taking.select(*account, _true_id="true_id")))


def declarations(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Let the chosen firms declare themselves each year, each in place of a firm that did so once."""
    rows = pl.concat(declared(part, chosen) for _, part in rows.group_by("declared_year", maintain_order=True))
    told = ("true_id", "lacks", "unsaid", "score", "rights", "niche", "share", "established_on")
    joined = rows.join(chosen.select(told), left_on="_true_id", right_on="true_id", how="left", maintain_order="left")
    mine, said = pl.col("score").is_not_null(), pl.col("unsaid")
    since = pl.date(pl.col("declared_year") - 1, 12, 31) - pl.duration(days=(pl.col("niche") * 365).cast(pl.Int64))
    new = {
        "niche_since": pl.max_horizontal(since, "established_on"),
        "key_field": pl.lit("是"),
        "domestic_market_share_pct": pl.when(said != "share").then(pl.col("share") + pl.col("version") - 1),
        "domestic_rank": pl.when(said != "share").then(pl.when(pl.col("lacks") == "share").then(27).otherwise(3)),
        "market_position_confirmed": pl.when(said != "position").then(pl.lit("是")),
        "platform_score": pl.when(said != "score").then("score"),
        "ip_class1_high_value": pl.col("rights") // 3,
        "ip_class1_own": pl.col("rights"),
        "ip_class1": pl.col("rights"),
        "ip_class2": pl.when(pl.col("lacks") == "rights").then(0).otherwise("ip_class2"),
    }
    return joined.with_columns(
        pl.when(mine).then(e).otherwise(c).cast(rows.schema[c]).alias(c) for c, e in new.items()
    ).select(rows.columns)  # fmt: skip


def declared(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Let the chosen firms take places of others in one round of declarations."""
    taking = chosen.join(rows, left_on="true_id", right_on="_true_id", how="anti", maintain_order="left")
    once = others(rows, chosen).filter(pl.col("uscc").is_unique())
    return exchanged(rows, paired(once.select(_gives="_true_id"), taking.select(
        "uscc", enterprise_name="name", _true_id="true_id"
    )))  # fmt: skip


def titles(rows: pl.DataFrame, chosen: pl.DataFrame, time: Timetable) -> pl.DataFrame:
    """Give grown firms the title 创新型, leading ones 专精特新 too, in place of titles of the first delivery."""
    first = rows["_delivered_on"].min()
    free = others(rows, chosen).filter((pl.col("_delivered_on") == first) & pl.col("cert_no").is_unique())
    free = free.filter(pl.col("cert_no").is_in(rows.filter(pl.col("cert_no").is_unique())["cert_no"].implode()))
    given = [
        chosen.filter(pl.col("level").is_in(levels) & (pl.lit(tier == "创新型中小企业") | (pl.col("lacks") != "title")))
        .select(
            uscc="uscc", enterprise_name="name", tier=pl.lit(tier), _true_id="true_id",
            awarded_on=pl.lit(time.start) - pl.duration(days="titled"),
            valid_until=pl.lit(time.start) - pl.duration(days="titled") + pl.duration(days=1095),
        )
        for tier, levels in (("创新型中小企业", ["grown", "leading"]), ("专精特新中小企业", ["leading"]))
    ]  # fmt: skip
    taking = pl.concat(given).with_columns(batch=pl.format("{}年第一批", pl.col("awarded_on").dt.year()))
    return exchanged(rows, paired(free.select(_gives="cert_no"), taking), "cert_no")


def others(rows: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of firms that are neither chosen nor of the first dozen, which the smallest world is to show."""
    dozen = [f"T{number:07d}" for number in range(12)]
    return rows.filter(~pl.col("_true_id").is_in(chosen["true_id"].implode()) & ~pl.col("_true_id").is_in(dozen))


def paired(giving: pl.DataFrame, taking: pl.DataFrame) -> pl.DataFrame:
    """Put who gives a place beside who takes it, as many as there are of both."""
    n = min(len(giving), len(taking))
    return pl.concat([giving.head(n), taking.head(n)], how="horizontal")


def exchanged(rows: pl.DataFrame, pairs: pl.DataFrame, by: str = "_true_id") -> pl.DataFrame:
    """Write into the rows of those who give (`_gives`, found in column `by`) what the pairs say instead."""
    columns = [c for c in pairs.columns if c != "_gives"]
    new = pairs.rename({c: f"_new_{c}" for c in columns})
    joined = rows.join(new, left_on=by, right_on="_gives", how="left", maintain_order="left")
    taken = pl.col("_new__true_id").is_not_null()
    written = (pl.when(taken).then(f"_new_{c}").otherwise(c).alias(c) for c in columns)
    return joined.with_columns(written).select(rows.columns)
