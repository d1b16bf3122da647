"""Adds the dirt of real departments to good rows: what must not be accepted, and what looks odd and must.

Accepted or set aside by rule: repeated rows (also spelled otherwise), older versions that come late, placeholder
codes beside a real name, slips between 万元 and 元. Every kind touches rows of its own, so that none hides another.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from simulators.world.faults import faulty
from simulators.world.population import Rng
from simulators.world.writing import as_text
from tidu.contracts import DatasetContract, contract

REPEATED, OLDER, CONFLICTING = 0.002, 0.0015, 0.0006
SLIPS, PLACEHOLDERS = 0.0003, 0.06
NO_CODE = ("无", "待补", "null", "/", "000000000000000000")
CODE_FIELDS = {
    "ms_registration": "reg_no", "ms_irregularity": "uscc", "ms_ip_right": "owner_uscc", "hr_insurance": "uscc",
    "hr_talent": "uscc", "fn_subsidy": "uscc", "fn_loan": "borrower_uscc", "fn_guarantee": "uscc", "fn_equity": "uscc",
    "fn_listing": "uscc", "mi_tier_holder": "uscc", "mi_tech_register": "uscc", "mi_arrears": "creditor_uscc",
}  # fmt: skip
SLIP_FIELDS = {
    "ms_registration": "registered_capital_wan", "ms_annual_report": "revenue_wan", "fn_subsidy": "amount_wan",
    "fn_guarantee": "amount_wan", "tx_cit_return": "operating_revenue_yuan",
}  # fmt: skip
ALTERED = {
    "ms_registration": "legal_rep", "ms_change_event": "value_after", "ms_irregularity": "reason",
    "ms_ip_right": "title", "ms_annual_report": "revenue_wan", "tx_taxpayer": "address", "tx_vat_return": "sales_yuan",
    "tx_cit_return": "net_profit_yuan",
    "tx_payment": "amount_yuan", "tx_credit_rating": "grade", "hr_insurance": "insured_headcount",
    "hr_talent": "rd_headcount",
    "hr_stability_subsidy": "amount_yuan", "fn_subsidy": "amount_wan", "fn_loan": "bank", "fn_guarantee": "amount_wan",
    "fn_equity": "paid_in_wan", "fn_listing": "board", "mi_tier_holder": "batch", "mi_tech_register": "valid_until",
    "mi_declaration": "leading_product", "mi_above_scale": "industry_code", "mi_arrears": "debtor_name",
    "st_district_indicator": "value",
}  # fmt: skip
"""The field in which a conflicting or an older row of each dataset differs."""


def soil(dataset: str, rows: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """Return one dataset's deliveries as text: good rows, odd rows, faulty rows.

    Adds `_place` (order within the delivery) and `_rule` (the rule a row breaks on purpose, else null); rows that
    are never accepted have no `_true_id`.
    """
    r, promised = rng(f"dirt {dataset}"), contract(dataset)
    good = as_text(rows, promised).sort("_delivered_on", maintain_order=True)
    good = good.with_columns(_place=pl.Series(np.arange(len(good), dtype=float)))
    good = slips(dataset, placeholders(dataset, good, r), r)
    key = pl.concat_str(pl.col(k).fill_null("") for k in promised.identity_key)
    sole = np.flatnonzero(good.select(key.is_unique()).to_series().to_numpy())
    lot = np.array_split(r.permutation(sole), 3)
    parts = [good.with_columns(_rule=pl.lit(None, pl.String))]
    if len(sole) >= 3:
        older, parts[0] = older_versions(promised, parts[0], lot[1][: amount(good, OLDER)], r)
        parts += [
            repeated(promised, parts[0], lot[0][: amount(good, REPEATED)], r),
            older,
            conflicting(promised, parts[0], lot[2][: amount(good, CONFLICTING)], r),
        ]
    return pl.concat([*parts, faulty(promised, good, r)])


def amount(good: pl.DataFrame, share: float) -> int:
    """How many rows of a kind a dataset gets: a share of its rows, one at least."""
    return max(1, round(len(good) * share))


def placeholders(dataset: str, good: pl.DataFrame, r: np.random.Generator) -> pl.DataFrame:
    """Write 无, 待补, null, / or zeros where a code is missing, in some of the rows."""
    field = CODE_FIELDS.get(dataset)
    if field is None:
        return good
    n = len(good)
    words = pl.Series(np.array(NO_CODE)[r.integers(0, len(NO_CODE), n)].tolist(), dtype=pl.String)
    hit = pl.Series(r.random(n) < PLACEHOLDERS)
    return good.with_columns(pl.when(pl.col(field).is_null() & hit).then(words).otherwise(field).alias(field))


def slips(dataset: str, good: pl.DataFrame, r: np.random.Generator) -> pl.DataFrame:
    """Write an amount in the wrong unit: yuan where 万元 is meant, or the other way round."""
    field = SLIP_FIELDS.get(dataset)
    if field is None:
        return good
    factor = 0.0001 if field.endswith("_yuan") else 10_000
    slipped = (pl.col(field).cast(pl.Float64) * factor).cast(pl.Decimal(24, 2)).cast(pl.String)
    hit = pl.Series(r.random(len(good)) < SLIPS)
    return good.with_columns(pl.when(hit).then(slipped).otherwise(field).alias(field))


def later_delivery(good: pl.DataFrame, rows: pl.DataFrame, r: np.random.Generator, share: float) -> pl.DataFrame:
    """Move a share of the rows into a later delivery of the dataset, the rest just behind their originals."""
    days = good["_delivered_on"].unique().sort().to_numpy()
    at = np.searchsorted(days, rows["_delivered_on"].to_numpy())
    room = len(days) - 1 - at
    move = (r.random(len(rows)) < share) & (room > 0)
    target = days[np.where(move, at + 1 + (r.random(len(rows)) * np.maximum(room, 1)).astype(int), at)]
    return rows.with_columns(
        _delivered_on=pl.Series(target), _place=pl.col("_place") + pl.Series(r.uniform(0.1, 0.9, len(rows)))
    )


def repeated(
    promised: DatasetContract,
    good: pl.DataFrame,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
    r: np.random.Generator,
) -> pl.DataFrame:
    """Copy rows, half of them spelled otherwise (100.00 as 100.000, another time zone)."""
    rows = good[np.sort(at)]
    respell = pl.Series(r.random(len(rows)) < 0.5)
    for field in promised.fields:
        column = pl.col(field.name)
        if field.type == "decimal":
            rows = rows.with_columns(pl.when(respell).then(column + "00").otherwise(column))
        elif field.type == "timestamp":
            instant = column.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_zone="UTC", strict=False)
            rows = rows.with_columns(pl.when(respell).then(instant.dt.strftime("%Y-%m-%dT%H:%M:%SZ")).otherwise(column))
    return later_delivery(good, rows, r, 0.0 if promised.mode == "snapshot" else 0.5)


def older_versions(
    promised: DatasetContract,
    good: pl.DataFrame,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
    r: np.random.Generator,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make rows the second version of theirs, and let the first come too late or beside it; it is superseded."""
    rank = promised.version_field
    if rank is None:
        return good.head(0), good
    older = altered(promised, good[np.sort(at)]).with_columns(_true_id=pl.lit(None, pl.String))
    hit = pl.int_range(pl.len()).is_in(at.tolist())
    if rank == "version":
        good = good.with_columns(pl.when(hit).then(pl.lit("2")).otherwise("version").alias("version"))
        older = older.with_columns(version=pl.lit("1"))
    else:
        instant = pl.col(rank).str.slice(0, 10).str.to_date() - pl.duration(days=1)
        older = older.with_columns((instant.dt.strftime("%Y-%m-%d") + pl.col(rank).str.slice(10)).alias(rank))
    return later_delivery(good, older, r, 0.5), good


def conflicting(
    promised: DatasetContract,
    good: pl.DataFrame,
    at: np.ndarray[tuple[int], np.dtype[np.int64]],
    r: np.random.Generator,
) -> pl.DataFrame:
    """Copy rows under the same key and version with other content, behind or in a later delivery."""
    rows = altered(promised, good[np.sort(at)]).with_columns(
        _rule=pl.lit("row:conflict"), _true_id=pl.lit(None, pl.String)
    )
    whole_history = promised.mode == "append" or promised.version_field is not None
    return later_delivery(good, rows, r, 0.4 if whole_history else 0.0)


def altered(promised: DatasetContract, rows: pl.DataFrame) -> pl.DataFrame:
    """Change one field of each row to another value that breaks no rule."""
    field = promised.field(ALTERED[promised.name])
    column = pl.col(field.name)
    if field.type == "decimal":
        value = (column.fill_null("0").cast(pl.Float64) + 1234).cast(pl.Decimal(24, 2)).cast(pl.String)
    elif field.type == "integer":
        value = (column.fill_null("0").cast(pl.Int64) + 7).cast(pl.String)
    elif field.type == "date":
        value = pl.when(column.is_null()).then(pl.lit("2031-01-01")).otherwise(pl.lit("2032-02-02"))
    elif field.values:
        value = pl.when(column == field.values[0]).then(pl.lit(field.values[1])).otherwise(pl.lit(field.values[0]))
    elif field.name == "industry_code":
        value = pl.when(column == "C3511").then(pl.lit("C3512")).otherwise(pl.lit("C3511"))
    else:
        value = pl.coalesce(column, pl.lit("")) + "（更正）"
    return rows.with_columns(value.alias(field.name))
