"""What each enterprise is on the last day of every month: in business or not, in which district, in which scopes.

Worked out from the accepted registrations and change events by the definitions of interface.md section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from simulators.world import codes
from simulators.world.timetable import month_end, month_start

SCOPES = ("all", "private", "no_state_no_foreign", "registration_type")
PRIVATE_TYPES = ["171", "172", "173", "174"]
ALWAYS = ["个体工商户", "农民专业合作社"]
UNTOLD = "未分类"


@dataclass(frozen=True)
class Standing:
    """Who stands where, by month."""

    enterprises: pl.DataFrame
    """One row per registered enterprise: true_id, category, established_on, ended_on (first 注销 or 吊销), flags."""
    months: pl.DataFrame
    """One row per registered enterprise and month: true_id, period, last_day, status, district_code."""
    periods: pl.DataFrame
    """The complete months: period, last_day."""


def complete_months(start: date, as_of: date) -> pl.DataFrame:
    """Every month from the world's start whose end lies before `as_of`."""
    ends, k = [], 0
    while (last := month_end(month_start(start, k))) < as_of:
        ends.append(last)
        k += 1
    return pl.DataFrame(
        {"period": [f"{d:%Y-%m}" for d in ends], "last_day": ends}, schema={"period": pl.String, "last_day": pl.Date}
    )


def standing(registrations: pl.DataFrame, changes: pl.DataFrame, start: date, as_of: date) -> Standing:
    """Work out the standing of all enterprises from accepted rows (with `_true_id`, `_rank`)."""
    versions = registrations.sort("_true_id", "_rank").with_columns(
        updated_on=pl.col("updated_at").dt.offset_by("8h").dt.date(),
        today=pl.col("district_code").map_elements(codes.today, return_dtype=pl.String, skip_nulls=False),
    )
    status, district = status_changes(versions), district_changes(versions, changes)
    ended = (
        status.filter(pl.col("status").is_in(["注销", "吊销"])).group_by("_true_id").agg(ended_on=pl.col("day").min())
    )
    now = versions.group_by("_true_id", maintain_order=True).last()
    enterprises = now.join(ended, on="_true_id", how="left").select(
        true_id="_true_id",
        category="entity_category",
        established_on="established_on",
        ended_on="ended_on",
        industry_section=section(),
        zone=pl.col("zone_code").fill_null(UNTOLD),
        **scope_flags(),
    )
    periods = complete_months(start, as_of)
    days = enterprises.select(_true_id="true_id").join(periods, how="cross").sort("last_day")
    days = at_day(days, status, "status").with_columns(pl.col("status").fill_null("存续"))
    days = at_day(days, district, "district_code").with_columns(pl.col("district_code").fill_null(codes.UNASSIGNED))
    return Standing(enterprises, days.rename({"_true_id": "true_id"}), periods)


def section() -> pl.Expr:
    """The section of an enterprise's division (two digits, with or without a section's letter), else 未分类."""
    divisions = codes.industry_classes().select(pl.col("code").str.slice(1, 2), "section").unique(maintain_order=True)
    division = pl.col("industry_code").str.extract(r"^[A-T]?(\d{2})\d{0,2}$")
    return division.replace_strict(divisions["code"], divisions["section"], default=None).fill_null(UNTOLD)


def scope_flags() -> dict[str, pl.Expr]:
    """The three narrower scopes as flags of an enterprise's current row; never null."""
    always = pl.col("entity_category").is_in(ALWAYS)
    holding, private_type = pl.col("holding_type"), pl.col("reg_type_code").fill_null("").is_in(PRIVATE_TYPES)
    untold = holding.is_null() & private_type
    return {
        "private": always | (holding.fill_null("") == "私人控股") | untold,
        "no_state_no_foreign": always | holding.fill_null("").is_in(["集体控股", "私人控股", "其他"]) | untold,
        "registration_type": always | private_type,
    }


def at_day(days: pl.DataFrame, changes: pl.DataFrame, column: str) -> pl.DataFrame:
    """The value of `column` in force on each row's last_day: the latest change on or before it."""
    known = changes.select("_true_id", "day", column).sort("day", maintain_order=True)
    return days.join_asof(known, left_on="last_day", right_on="day", by="_true_id", check_sortedness=False).drop(
        "day", strict=False
    )


def status_changes(versions: pl.DataFrame) -> pl.DataFrame:
    """Days on which a status began: status_on, else the day of the version; a first 存续 has held for ever."""
    before = pl.col("reg_status").shift().over("_true_id")
    changed = versions.filter(before.is_null() | (before != pl.col("reg_status")))
    first = changed["_true_id"].is_first_distinct()
    day = pl.coalesce("status_on", "updated_on")
    return changed.with_columns(first=first).select(
        "_true_id",
        status="reg_status",
        day=pl.when(pl.col("first") & (pl.col("reg_status") == "存续")).then(pl.date(1, 1, 1)).otherwise(day),
    )


def district_changes(versions: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Days on which a district began: the change event's, else approved_on, else the day of the version.

    The event is the latest one of 登记机关 or 住所 that happened by the day the version was recorded and after
    the version that showed the district before.
    """
    before = pl.col("today").shift().over("_true_id")
    moved = versions.filter(before.is_null() | (before != pl.col("today"))).with_columns(
        previous=pl.col("updated_on").shift().over("_true_id")
    )
    events = (
        changes.filter(pl.col("change_item").is_in(["登记机关", "住所"]))
        .select("entity_no", event_on="changed_on").drop_nulls().sort("event_on")
    )  # fmt: skip
    moved = moved.sort("updated_on").join_asof(
        events, left_on="updated_on", right_on="event_on", by="entity_no", check_sortedness=False
    )
    fresh = pl.when(pl.col("event_on") > pl.col("previous")).then("event_on")
    day = pl.coalesce(fresh, "approved_on", "updated_on")
    return moved.sort("_rank").select(
        "_true_id",
        district_code="today",
        day=pl.when(pl.col("previous").is_null()).then(pl.date(1, 1, 1)).otherwise(day),
    )
