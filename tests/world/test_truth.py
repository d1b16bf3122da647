"""The independent computation: on hand-written deliveries, and on a made world."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from simulators.world.settling import OUTCOMES, settle
from simulators.world.standing import complete_months
from simulators.world.truth import compute
from tidu.contracts import contract

NO_FAULTS = pl.DataFrame(schema={"dataset": pl.String, "delivered_on": pl.Date, "row_no": pl.Int64, "rule": pl.String})


def outcomes(dataset: str, rows: list[tuple[str, dict[str, str]]]) -> list[str]:
    """Settle rows given as (delivery date, fields) in order."""
    promised = contract(dataset)
    frame = pl.DataFrame(
        [{**dict.fromkeys(promised.field_names), **row, "_delivered_on": day} for day, row in rows],
        schema={**dict.fromkeys(promised.field_names, pl.String), "_delivered_on": pl.String},
    ).with_columns(pl.col("_delivered_on").str.to_date(), _row_no=pl.int_range(1, pl.len() + 1).over("_delivered_on"))
    return settle(frame, promised, NO_FAULTS)["_outcome"].to_list()


def payment(version: str, amount: str) -> dict[str, str]:
    return {"voucher_no": "V1", "version": version, "taxpayer_no": "T", "paid_month": "2025-01", "amount_yuan": amount}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("2025-02-01", payment("1", "100")), ("2025-02-01", payment("1", "100.00"))], ["accepted", "duplicate"]),
        ([("2025-02-01", payment("1", "100")), ("2025-03-01", payment("1", "7"))], ["accepted", "quarantined"]),
        ([("2025-02-01", payment("1", "100")), ("2025-03-01", payment("2", "7"))], ["accepted", "accepted"]),
        ([("2025-02-01", payment("1", "100")), ("2025-02-01", payment("2", "7"))], ["superseded", "accepted"]),
        ([("2025-02-01", payment("2", "7")), ("2025-03-01", payment("1", "100"))], ["accepted", "superseded"]),
        (
            [("2025-02-01", payment("1", "1")), ("2025-03-01", payment("2", "2")), ("2025-04-01", payment("1", "1.0"))],
            ["accepted", "accepted", "duplicate"],
        ),
    ],
)
def test_facts_by_version(rows: list[tuple[str, dict[str, str]]], expected: list[str]) -> None:
    assert outcomes("tx_payment", rows) == expected


def arrear(paid: str) -> dict[str, str]:
    return {"complaint_no": "Q1", "creditor_name": "甲", "filed_on": "2025-01-05", "amount_wan": "9", "paid_wan": paid}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("2025-02-01", arrear("0")), ("2025-03-01", arrear("0.00"))], ["accepted", "duplicate"]),
        ([("2025-02-01", arrear("0")), ("2025-03-01", arrear("4"))], ["accepted", "accepted"]),
        ([("2025-02-01", arrear("0")), ("2025-02-01", arrear("4"))], ["accepted", "quarantined"]),
        (
            [("2025-02-01", arrear("0")), ("2025-03-01", arrear("4")), ("2025-04-01", arrear("0"))],
            ["accepted", "accepted", "accepted"],
        ),
        (
            [
                ("2025-02-01", arrear("0")), ("2025-03-01", arrear("0.00")), ("2025-03-01", arrear("4")),
                ("2025-03-01", arrear("5")), ("2025-03-01", arrear("0")), ("2025-03-01", arrear("4.0")),
                ("2025-04-01", arrear("4")),
            ],
            ["accepted", "duplicate", "accepted", "quarantined", "quarantined", "duplicate", "duplicate"],
        ),
    ],
)  # fmt: skip
def test_deltas_without_updated_at(rows: list[tuple[str, dict[str, str]]], expected: list[str]) -> None:
    assert outcomes("mi_arrears", rows) == expected


def test_an_unchanged_row_of_a_later_snapshot_is_accepted() -> None:
    row = {"loan_no": "L1", "borrower_name": "甲", "balance_wan": "5"}
    other = {**row, "balance_wan": "6"}
    rows = [("2025-01-28", row), ("2025-01-28", row), ("2025-02-28", row), ("2025-02-28", other)]
    assert outcomes("fn_loan", rows) == ["accepted", "duplicate", "accepted", "quarantined"]


def test_a_timestamp_is_compared_as_an_instant() -> None:
    row = {"taxpayer_no": "T", "taxpayer_id": "X", "taxpayer_name": "甲", "updated_at": "2025-01-05T08:00:00+08:00"}
    same = {**row, "updated_at": "2025-01-05T00:00:00Z"}
    older = {**row, "updated_at": "2025-01-04T08:00:00+08:00"}
    rows = [("2025-02-01", row), ("2025-02-01", same), ("2025-03-01", older)]
    assert outcomes("tx_taxpayer", rows) == ["accepted", "duplicate", "superseded"]


def test_a_month_is_complete_when_as_of_lies_after_its_end() -> None:
    assert complete_months(date(2025, 1, 1), date(2025, 3, 31))["period"].to_list() == ["2025-01", "2025-02"]
    assert complete_months(date(2025, 1, 1), date(2025, 4, 1))["period"].to_list() == ["2025-01", "2025-02", "2025-03"]


def test_the_world_s_truth_is_what_its_files_give(world: Path) -> None:
    found = compute(world)
    written = pl.read_csv(world / "truth" / "row_outcomes.csv", try_parse_dates=True)
    assert found.row_outcomes.equals(written)
    assert written.height > 100
    assert (written["rows"] == written.select(pl.sum_horizontal(*OUTCOMES)).to_series()).all()
    assert written.select(pl.col(*OUTCOMES).sum()).row(0) > (0, 0, 0, 0)
    assert all(n > 0 for n in written.select(pl.col(*OUTCOMES).sum()).row(0))
    assert found.faults["rule"].null_count() == 0


def test_the_city_is_the_sum_of_its_districts(world: Path) -> None:
    cells = pl.read_csv(world / "truth" / "monthly.csv", infer_schema=False).filter(
        pl.col("indicator_code") != "arrears_settlement_rate"
    )
    value = pl.col("value").cast(pl.Decimal(38, 2))
    keys = ["period", "indicator_code", "scope", "breakdown", "breakdown_value"]
    city = cells.filter(pl.col("district_code") == "370200").select(*keys, city=value)
    parts = cells.filter(pl.col("district_code") != "370200").group_by(keys).agg(parts=value.sum())
    both = city.join(parts, on=keys)
    assert both.height == city.height > 500
    assert (both["city"] == both["parts"]).all()


def test_every_indicator_has_a_value_somewhere(world: Path) -> None:
    cells = pl.read_csv(world / "truth" / "monthly.csv", infer_schema=False)
    some = cells.filter(pl.col("value").cast(pl.Float64).fill_null(0) != 0)["indicator_code"].unique().to_list()
    assert set(some) == {
        "market_entities", "enterprises", "individual_businesses", "new_entities", "closed_entities", "tax_paid_yuan",
        "sales_yuan", "export_sales_yuan", "insured_headcount", "private_trade_yuan", "private_investment_yuan",
        "loan_balance_yuan", "first_loan_count", "credit_loan_balance_yuan", "guarantee_yuan", "subsidy_yuan",
        "equity_financing_yuan", "tier_holders", "high_tech_enterprises", "tech_smes", "above_scale_enterprises",
        "small_to_above_scale", "arrears_open_yuan", "arrears_settlement_rate",
    }  # fmt: skip


def test_an_earlier_day_knows_less(world: Path) -> None:
    early, late = compute(world, date(2025, 4, 15)), compute(world)
    assert early.monthly["period"].max() == "2025-03"
    assert early.row_outcomes["rows"].sum() < late.row_outcomes["rows"].sum()
