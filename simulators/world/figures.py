"""The published figures as they must be: every indicator by month, district and scope, from accepted rows.

Definitions are those of interface.md section 3; sums are exact decimals. Grain of a cell: period, district_code
(370200 is the sum of all), indicator_code, scope, breakdown, breakdown_value.
"""

from __future__ import annotations

import polars as pl

from simulators.world import codes
from simulators.world.standing import SCOPES, UNTOLD, Standing

MONEY = pl.Decimal(38, 2)
CELL = ("period", "district_code", "indicator_code", "scope", "breakdown", "breakdown_value", "value")
ENTITY_COUNTS = ("market_entities", "enterprises", "individual_businesses", "new_entities", "closed_entities")
BREAKDOWNS = ("industry_section", "zone")
Rows = dict[str, pl.DataFrame]


def monthly(rows: Rows, known: Standing) -> pl.DataFrame:
    """All cells of all indicators that need no tier candidates; `rows` are accepted rows with `_true_id`."""
    facts = flows(rows) | stocks(rows, known) | registers(rows, known) | lists(rows, known)
    named = [
        f.select("true_id", "period", pl.col("value").cast(MONEY), indicator_code=pl.lit(n)) for n, f in facts.items()
    ]
    everything = placed(pl.concat(named), known)
    sums = by_scope(everything, ["indicator_code"], "value")
    counts = entities(known, [])
    parts = [
        *(cut(everything, breakdown, known) for breakdown in BREAKDOWNS),
        cells(pl.concat([sums, counts.select(sums.columns)]), [*facts, *ENTITY_COUNTS], known),
        tiers(rows, known),
        settlement_rate(rows, known),
        statistics_figures(rows, known),
    ]
    return pl.concat([p.select(CELL) for p in parts]).sort(CELL[:-1])


def current(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per key: the highest version, else the latest delivery's."""
    return frame.sort("_rank", "_delivered_on", "_row_no").group_by("_key", maintain_order=True).last()


def yuan(column: str) -> pl.Expr:
    """An amount of 万元 in yuan, to the cent."""
    return (pl.col(column) * 10_000).cast(MONEY)


def month_of(column: str) -> pl.Expr:
    """The month of a date as YYYY-MM."""
    return pl.col(column).dt.strftime("%Y-%m")


def cut(facts: pl.DataFrame, breakdown: str, known: Standing) -> pl.DataFrame:
    """Cells of a breakdown that hold anything; what is not told is 未分类."""
    sums = by_scope(facts, ["indicator_code", breakdown], "value")
    counts = entities(known, [breakdown]).select(sums.columns)
    return pl.concat([sums, counts]).with_columns(
        pl.col("value").cast(pl.String), breakdown=pl.lit(breakdown), breakdown_value=breakdown
    )


def entities(known: Standing, keys: list[str]) -> pl.DataFrame:
    """Counts of entities by cell and `keys`: stock at month end, foundings and first endings in the month."""
    days = known.months.join(known.enterprises, on="true_id").with_columns(all=pl.lit(True))
    live = (pl.col("established_on") <= pl.col("last_day")) & (pl.col("status") == "存续")
    counted = {
        "market_entities": live,
        "enterprises": live & (pl.col("category") == "企业"),
        "individual_businesses": live & (pl.col("category") == "个体工商户"),
        "new_entities": month_of("established_on") == pl.col("period"),
        "closed_entities": month_of("ended_on") == pl.col("period"),
    }
    days = days.with_columns(pl.when(e).then(1).otherwise(0).alias(n) for n, e in counted.items())
    index = ["period", "district_code", "scope", *keys]
    sums = by_scope(days, keys, *counted).unpivot(
        list(counted), index=index, variable_name="indicator_code", value_name="value"
    )
    return sums.with_columns(pl.col("value").cast(MONEY))


def flows(rows: Rows) -> Rows:
    """Money and counts by the month they fall into."""

    def fact(dataset: str, period: pl.Expr, value: pl.Expr, only: pl.Expr | None = None) -> pl.DataFrame:
        frame = current(rows[dataset])
        frame = frame if only is None else frame.filter(only)
        return frame.select(true_id="_true_id", period=period, value=value.cast(MONEY)).drop_nulls(["period", "value"])

    return {
        "tax_paid_yuan": fact("tx_payment", month_of("paid_month"), pl.col("amount_yuan")),
        "sales_yuan": fact("tx_vat_return", month_of("period"), pl.col("sales_yuan")),
        "export_sales_yuan": fact("tx_vat_return", month_of("period"), pl.col("export_sales_yuan")),
        "insured_headcount": fact("hr_insurance", month_of("month"), pl.col("insured_headcount")),
        "guarantee_yuan": fact("fn_guarantee", month_of("signed_on"), yuan("amount_wan")),
        "subsidy_yuan": fact("fn_subsidy", month_of("paid_on"), yuan("amount_wan")),
        "equity_financing_yuan": fact("fn_equity", month_of("paid_on"), yuan("paid_in_wan")),
        "first_loan_count": fact("fn_loan", month_of("starts_on"), pl.lit(1), pl.col("is_first_loan") == "是"),
    }


def stocks(rows: Rows, known: Standing) -> Rows:
    """Loans of the month's last snapshot; arrears still open at month end by the complaint's current row."""
    loans = rows["fn_loan"].with_columns(period=month_of("_delivered_on"))
    loans = loans.filter(pl.col("_delivered_on") == pl.col("_delivered_on").max().over("period"))
    balance = loans.select("loan_kind", "period", true_id="_true_id", value=yuan("balance_wan")).drop_nulls("value")
    open_ = complaints(rows, known).filter(pl.col("closed_on").is_null() | (pl.col("closed_on") > pl.col("last_day")))
    return {
        "loan_balance_yuan": balance.drop("loan_kind"),
        "credit_loan_balance_yuan": balance.filter(pl.col("loan_kind") == "信用").drop("loan_kind"),
        "arrears_open_yuan": open_.select("true_id", "period", value=pl.col("amount") - pl.col("paid")),
    }


def complaints(rows: Rows, known: Standing) -> pl.DataFrame:
    """Every complaint in every month by whose end it had been filed."""
    frame = current(rows["mi_arrears"]).select(
        "filed_on", "closed_on", true_id="_true_id",
        amount=yuan("amount_wan").fill_null(0), paid=yuan("paid_wan").fill_null(0),
    )  # fmt: skip
    return frame.join(known.periods, how="cross").filter(pl.col("filed_on") <= pl.col("last_day"))


def valid(frame: pl.DataFrame, known: Standing, since: str) -> pl.DataFrame:
    """Certificates in every month at whose end they were issued and neither expired nor withdrawn."""
    days = frame.join(known.periods, how="cross")
    good = (pl.col(since) <= pl.col("last_day")) & (
        pl.col("valid_until").is_null() | (pl.col("valid_until") >= pl.col("last_day"))
    )
    if "withdrawn_on" in frame.columns:
        good &= pl.col("withdrawn_on").is_null() | (pl.col("withdrawn_on") > pl.col("last_day"))
    return days.filter(good).rename({"_true_id": "true_id"})


def registers(rows: Rows, known: Standing) -> Rows:
    """Enterprises on the registers of technology."""
    held = valid(current(rows["mi_tech_register"]), known, "issued_on")

    def holders(register: str) -> pl.DataFrame:
        frame = held.filter(pl.col("register") == register).select("true_id", "period").unique()
        return frame.with_columns(value=pl.lit(1).cast(MONEY))

    return {"high_tech_enterprises": holders("高新技术企业"), "tech_smes": holders("科技型中小企业")}


def lists(rows: Rows, known: Standing) -> Rows:
    """Above-scale enterprises of the latest list, and those new against last year's list in the month of the list."""
    listed = rows["mi_above_scale"]
    snapshots = listed.select("_delivered_on").unique().sort("_delivered_on")
    latest = (
        known.periods.sort("last_day")
        .join_asof(snapshots, left_on="last_day", right_on="_delivered_on")
        .drop_nulls("_delivered_on")
    )
    stock = latest.join(listed.select("_delivered_on", true_id="_true_id").unique(), on="_delivered_on").select(
        "true_id", "period"
    )
    first = listed.group_by("list_year", "_true_id").agg(pl.col("_delivered_on").min())
    before = first.select("_true_id", list_year=pl.col("list_year") + 1)
    had = first.select(list_year=pl.col("list_year") + 1).unique()
    risen = first.join(had, on="list_year", how="semi").join(before, on=["_true_id", "list_year"], how="anti")
    one = pl.lit(1).cast(MONEY).alias("value")
    return {
        "above_scale_enterprises": stock.with_columns(one),
        "small_to_above_scale": risen.select(one, true_id="_true_id", period=month_of("_delivered_on")),
    }


def placed(facts: pl.DataFrame, known: Standing) -> pl.DataFrame:
    """Add the district at month end and the scope flags; unregistered enterprises: 未分配, scope all alone."""
    where = known.months.select("true_id", "period", "district_code")
    flags = known.enterprises.select("true_id", *SCOPES[1:], *BREAKDOWNS)
    return (
        facts.join(known.periods, on="period", how="semi")
        .join(where, on=["true_id", "period"], how="left")
        .join(flags, on="true_id", how="left")
        .with_columns(
            pl.col("district_code").fill_null(codes.UNASSIGNED),
            pl.col(*SCOPES[1:]).fill_null(False),
            pl.col(*BREAKDOWNS).fill_null(UNTOLD),
            all=pl.lit(True),
        )
    )


def by_scope(facts: pl.DataFrame, keys: list[str], *values: str) -> pl.DataFrame:
    """Sum `values` by period, district (and city), scope and `keys`."""
    parts = []
    for scope in SCOPES:
        inside = facts.filter(pl.col(scope)).group_by("period", "district_code", *keys).agg(pl.col(*values).sum())
        city = (
            inside.group_by("period", *keys).agg(pl.col(*values).sum()).with_columns(district_code=pl.lit(codes.CITY))
        )
        parts.append(pl.concat([inside, city.select(inside.columns)]).with_columns(scope=pl.lit(scope)))
    return pl.concat(parts)


def grid(known: Standing) -> pl.DataFrame:
    """Every period, district (未分配 and the city included) and scope."""
    districts = pl.DataFrame({"district_code": [codes.CITY, *codes.DISTRICTS, codes.UNASSIGNED]})
    return (
        known.periods.select("period").join(districts, how="cross").join(pl.DataFrame({"scope": SCOPES}), how="cross")
    )


def cells(sums: pl.DataFrame, indicators: list[str], known: Standing) -> pl.DataFrame:
    """Every cell of the additive indicators; nothing is zero."""
    every = grid(known).join(pl.DataFrame({"indicator_code": indicators}), how="cross")
    return every.join(sums, on=["period", "district_code", "scope", "indicator_code"], how="left").with_columns(
        pl.col("value").fill_null(0).cast(pl.String), breakdown=pl.lit(""), breakdown_value=pl.lit("")
    )


def tiers(rows: Rows, known: Standing) -> pl.DataFrame:
    """Enterprises that hold each tier; every tier of the catalogue that anyone ever held."""
    held = valid(current(rows["mi_tier_holder"]), known, "awarded_on").select("true_id", "period", "tier").unique()
    sums = by_scope(placed(held, known).with_columns(value=pl.lit(1).cast(MONEY)), ["tier"], "value")
    every = grid(known).join(rows["mi_tier_holder"].select("tier").unique(), how="cross")
    return every.join(sums, on=["period", "district_code", "scope", "tier"], how="left").with_columns(
        pl.col("value").fill_null(0).cast(pl.String),
        indicator_code=pl.lit("tier_holders"),
        breakdown=pl.lit("tier"),
        breakdown_value="tier",
    )


def settlement_rate(rows: Rows, known: Standing) -> pl.DataFrame:
    """Paid over amount of all complaints filed so far, to twelve places; empty without any."""
    sums = by_scope(placed(complaints(rows, known), known), [], "amount", "paid")
    rate = pl.when(pl.col("amount") > 0).then(pl.col("paid").cast(pl.Float64) / pl.col("amount").cast(pl.Float64))
    return (
        grid(known)
        .join(sums, on=["period", "district_code", "scope"], how="left")
        .with_columns(
            value=rate.round(12).cast(pl.String),
            indicator_code=pl.lit("arrears_settlement_rate"),
            breakdown=pl.lit(""),
            breakdown_value=pl.lit(""),
        )
    )


def statistics_figures(rows: Rows, known: Standing) -> pl.DataFrame:
    """The statistics office's district figures; the city is their sum, never the delivered 370200 row."""
    wanted = ["private_trade_yuan", "private_investment_yuan"]
    frame = current(rows["st_district_indicator"]).filter(
        pl.col("indicator_code").is_in(wanted) & (pl.col("district_code") != codes.CITY)
    ).with_columns(
        period=month_of("period"), value=pl.col("value").cast(MONEY),
        district_code=pl.col("district_code").map_elements(codes.today, return_dtype=pl.String),
    )  # fmt: skip
    inside = frame.group_by("period", "district_code", "indicator_code").agg(pl.col("value").sum())
    city = (
        inside.group_by("period", "indicator_code")
        .agg(pl.col("value").sum())
        .with_columns(district_code=pl.lit(codes.CITY))
    )
    sums = pl.concat([inside, city.select(inside.columns)])
    every = grid(known).filter(pl.col("scope") == "all").join(pl.DataFrame({"indicator_code": wanted}), how="cross")
    return every.join(sums, on=["period", "district_code", "indicator_code"], how="left").with_columns(
        pl.col("value").fill_null(0).cast(pl.String), breakdown=pl.lit(""), breakdown_value=pl.lit("")
    )
