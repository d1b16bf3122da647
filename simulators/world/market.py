"""What the market supervision bureau delivers of entities themselves: registrations and their changes.

Every function returns one dataset's good rows: the catalogue's fields, typed, plus `_delivered_on` and
`_true_id` (null where a row belongs to no enterprise).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl

from simulators.world import names
from simulators.world.lifecycle import Life
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]


def registrations(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """One row per entity and delivery in which something of it is new: its state as recorded by then."""
    r = rng("ms_registration")
    p = life.population.filter("registered")
    n = len(p)
    lag = pl.lit(pl.Series(r.integers(0, 3, n)))
    before = pl.lit(time.start) - pl.duration(days=pl.lit(pl.Series(r.integers(1, 700, n))))
    founded = pl.col("established_on") + pl.duration(days=lag)
    ended = pl.max_horizontal("established_on", pl.col("status_on"))
    base = p.with_columns(
        recorded=pl.when("old")
        .then(pl.max_horizontal(pl.min_horizontal(before, pl.lit(time.start - timedelta(days=1))), ended))
        .otherwise(founded),
        approved_on=pl.when(pl.col("status_on").is_not_null()).then("status_on").otherwise("established_on"),
    ).select("idx", "recorded", "approved_on", *CHANGING)
    events = life.events.with_columns(approved_on=pl.col("on")).select("idx", "recorded", "approved_on", *CHANGING)
    rows = (
        pl.concat([base.with_columns(seq=pl.lit(0)), events.with_columns(seq=pl.lit(1))])
        .with_columns(
            pl.when(pl.col("seq") == 0)
            .then(pl.col("recorded").min().over("idx"))
            .otherwise("recorded")
            .alias("recorded")
        )
        .sort("idx", "seq", "recorded", "approved_on")
        .with_columns(pl.col(*CHANGING).forward_fill().over("idx"), pl.col("recorded").cum_max().over("idx"))
    )
    rows = rows.with_columns(_delivered_on=pl.Series(time.delivered(rows["recorded"].to_numpy(), time.daily)))
    rows = rows.filter(pl.col("_delivered_on").is_not_null()).unique(
        ["idx", "_delivered_on"], keep="last", maintain_order=True
    )
    fixed = p.drop(*CHANGING)
    rows = rows.join(fixed, on="idx", how="left", maintain_order="left")
    seconds = pl.lit(pl.Series(r.integers(8 * 3600, 18 * 3600, len(rows))))
    return rows.select(
        "entity_no", "uscc", "reg_no",
        entity_name="name", former_names="former", entity_category="category",
        reg_type_code="reg_type", holding_type="holding",
        legal_rep="legal_rep", established_on="established_on", approved_on="approved_on",
        registered_capital_wan="capital_wan", currency="currency", reg_status="status", status_on="status_on",
        district_code="district", zone_code="zone", address="address", industry_code="industry",
        business_scope="scope_text", predecessor_entity_no="predecessor",
        updated_at=pl.col("recorded").cast(pl.Datetime("us")) + pl.duration(seconds=seconds),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


CHANGING = ("name", "former", "district", "address", "capital_wan", "status", "status_on")
ITEMS = {"move": "住所", "rename": "名称", "capital": "注册资本", "representative": "法定代表人", "scope": "经营范围"}


def change_events(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """One row per changed item; a move to another district changes 住所 and 登记机关 on one day.

    One move in ten has no change event: its day can then only be read from the registration's approved_on.
    """
    r = rng("ms_change_event")
    first = life.population.select(
        "idx", "entity_no", "true_id", "legal_rep", *(pl.col(c).alias(f"old_{c}") for c in CHANGING)
    )
    events = life.events.filter(pl.col("kind") != "status").join(first, on="idx", how="left", maintain_order="left")
    person = names.series(names.people(r, len(events)))
    events = events.with_columns(
        change_item=pl.col("kind").replace_strict(ITEMS),
        value_before=by_kind(pl.col("old_name"), pl.col("old_address"), pl.col("old_capital_wan"), pl.col("legal_rep")),
        value_after=by_kind(pl.col("name"), pl.col("address"), pl.col("capital_wan"), pl.lit(person)),
    )
    events = events.filter((pl.col("kind") != "move") | pl.Series(r.random(len(events)) >= 0.1))
    moves = events.filter(pl.col("kind") == "move")
    authority = moves.with_columns(
        change_item=pl.lit("登记机关"),
        value_before=authorities(moves["old_district"]),
        value_after=authorities(moves["district"]),
    )
    rows = pl.concat([events, authority, earlier_renames(life, time).select(events.columns)])
    rows = rows.sort("recorded", "idx", "change_item")
    rows = rows.with_columns(
        _delivered_on=pl.Series(time.delivered(rows["recorded"].to_numpy(), time.daily)),
        change_no=pl.concat_str(pl.lit("BG"), pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(9)),
    ).filter(pl.col("_delivered_on").is_not_null())
    return rows.select(
        "change_no", "entity_no", "change_item", "value_before", "value_after",
        changed_on="on", _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def earlier_renames(life: Life, time: Timetable) -> pl.DataFrame:
    """The renames before the world's start that former names tell of; they come with the first delivery."""
    renamed = life.population.filter(pl.col("registered") & pl.col("old") & pl.col("former").is_not_null())
    held = (pl.lit(time.start) - pl.col("established_on")).dt.total_days()
    rows = renamed.with_columns(
        kind=pl.lit("rename"),
        on=pl.col("established_on") + pl.duration(days=(held * 0.7).cast(pl.Int64)),
        value_before=pl.col("former").str.split("；").list.last(),
        value_after="name",
        change_item=pl.lit("名称"),
        **{f"old_{c}": pl.col(c) for c in CHANGING},
    )
    return rows.with_columns(recorded="on")


def by_kind(name: pl.Expr, address: pl.Expr, capital: pl.Expr, person: pl.Expr) -> pl.Expr:
    """The value a change of each kind shows; a change of scope shows none."""
    kind = pl.col("kind")
    return (
        pl.when(kind == "rename").then(name)
        .when(kind == "move").then(address)
        .when(kind == "capital").then(capital.cast(pl.String) + "万元")
        .when(kind == "representative").then(person)
    )  # fmt: skip


def authorities(districts: pl.Series) -> pl.Series:
    """Return the registering authority of each district code."""
    return pl.Series(
        [f"青岛市{n if n != '青岛市' else ''}市场监督管理局" for n in map(names.district_name, districts.to_list())],
        dtype=pl.String,
    )
