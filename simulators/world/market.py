"""What the market supervision bureau delivers: registrations, changes, irregularities, IP rights, annual reports.

Every function returns one dataset's good rows: the catalogue's fields, typed, plus `_delivered_on` and
`_true_id` (null where a row belongs to no enterprise).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl

from simulators.world import codes, names
from simulators.world.lifecycle import Life
from simulators.world.population import weighted
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]


def registrations(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """One row per entity and delivery in which something of it is new: its state as recorded by then."""
    r = rng("ms_registration")
    p = life.population.filter("registered")
    n = len(p)
    lag = pl.Series(r.integers(0, 3, n))
    before = pl.lit(time.start) - pl.duration(days=pl.Series(r.integers(1, 700, n)))
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
    seconds = pl.Series(r.integers(8 * 3600, 18 * 3600, len(rows)))
    return rows.select(
        "entity_no", "uscc", "reg_no",
        entity_name="name", former_names="former", entity_category="category", reg_type_code="reg_type", holding_type="holding",
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
    text = pl.col("kind").replace_strict(ITEMS)
    value = {
        "before": pl.when(pl.col("kind") == "rename").then("old_name").when(pl.col("kind") == "move").then("old_address")
        .when(pl.col("kind") == "capital").then(pl.col("old_capital_wan").cast(pl.String) + "万元").when(pl.col("kind") == "representative").then("legal_rep"),
        "after": pl.when(pl.col("kind") == "rename").then("name").when(pl.col("kind") == "move").then("address")
        .when(pl.col("kind") == "capital").then(pl.col("capital_wan").cast(pl.String) + "万元").when(pl.col("kind") == "representative").then(person),
    }  # fmt: skip
    events = events.with_columns(change_item=text, value_before=value["before"], value_after=value["after"])
    events = events.filter((pl.col("kind") != "move") | pl.Series(r.random(len(events)) >= 0.1))
    moves = events.filter(pl.col("kind") == "move")
    authority = moves.with_columns(
        change_item=pl.lit("登记机关"),
        value_before=authorities(moves["old_district"]),
        value_after=authorities(moves["district"]),
    )
    rows = pl.concat([events, authority]).sort("recorded", "idx", "change_item")
    rows = rows.with_columns(
        _delivered_on=pl.Series(time.delivered(rows["recorded"].to_numpy(), time.daily)),
        change_no=pl.concat_str(pl.lit("BG"), pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(9)),
    ).filter(pl.col("_delivered_on").is_not_null())
    return rows.select(
        "change_no", "entity_no", "change_item", "value_before", "value_after",
        changed_on="on", _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def authorities(districts: pl.Series) -> pl.Series:
    """Return the registering authority of each district code."""
    return pl.Series(
        [f"青岛市{n if n != '青岛市' else ''}市场监督管理局" for n in map(names.district_name, districts.to_list())],
        dtype=pl.String,
    )


def irregularities(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Entries of the lists of irregular and dishonest enterprises; some are removed again later."""
    r = rng("ms_irregularity")
    p = life.population.filter(pl.col("registered") & (pl.col("established_on") < time.start))
    hit = np.flatnonzero(r.random(len(p)) < 0.03 + 0.001 * time.months)
    rows = p[hit]
    n = len(rows)
    start, end = np.datetime64(time.start, "D"), np.datetime64(time.end, "D")
    span = int((end - start).astype(int))
    listed = np.where(r.random(n) < 0.6, start - r.integers(1, 1500, n), start + r.integers(0, span, n))
    listed = np.maximum(listed, rows["established_on"].to_numpy().astype("datetime64[D]") + 1)
    kind = weighted(r, ["经营异常名录", "严重违法失信名单", "行政处罚"], (0.78, 0.07, 0.15), n)
    rows = rows.with_columns(
        record_no=names.series(np.char.add("YC", np.char.zfill((hit + 1).astype(str), 9))),
        list_kind=names.series(kind),
        reason=pl.Series(
            names.choose(r, ("未按规定公示年度报告", "通过登记的住所无法联系", "公示信息隐瞒真实情况"), n).tolist()
        ),
        listed_on=pl.Series(listed),
    ).with_columns(
        reason=pl.when(pl.col("list_kind") == "行政处罚").then(pl.lit("违反广告法，罚款")).otherwise("reason"),
        uscc=pl.when(pl.Series(r.random(n) < 0.1)).then(None).otherwise("uscc"),
        _delivered_on=pl.Series(time.delivered(listed, time.daily)),
        removed_on=pl.lit(None, pl.Date),
    )
    removed = rows.filter(pl.Series(r.random(n) < 0.3)).with_columns(
        removed_on=pl.col("listed_on") + pl.duration(days=pl.Series(r.integers(40, 900, n)).head(1).item())
    )
    removed = removed.with_columns(_removed=pl.Series(time.delivered(removed["removed_on"].to_numpy(), time.daily)))
    known_gone = removed.filter(pl.col("_removed") <= pl.col("_delivered_on")).select("record_no", known="removed_on")
    rows = (
        rows.join(known_gone, on="record_no", how="left", maintain_order="left")
        .with_columns(removed_on="known")
        .drop("known")
    )
    later = (
        removed.filter(pl.col("_removed") > pl.col("_delivered_on"))
        .with_columns(_delivered_on="_removed")
        .drop("_removed")
    )
    rows = pl.concat([rows, later.select(rows.columns)]).filter(pl.col("_delivered_on").is_not_null())
    return rows.select(
        "record_no", "entity_no", "uscc", "list_kind", "reason", "listed_on", "removed_on",
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def ip_rights(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Patents and other rights, under the owner's name at grant time; one third with a credit code."""
    r = rng("ms_ip_right")
    p = life.population.filter((pl.col("category") == "企业") & ~pl.col("is_branch") & pl.col("status").eq("存续"))
    inventive = np.flatnonzero(
        (r.random(len(p)) < np.where(p["section"].is_in(["C", "I", "M"]).to_numpy(), 0.12, 0.02))
        | (p["idx"].to_numpy() < 12)
    )
    count = 1 + r.geometric(0.35, len(inventive))
    rows = p[np.repeat(inventive, count)]
    n = len(rows)
    start, span = np.datetime64(time.start, "D"), 31 * time.months
    granted = np.where(r.random(n) < 0.6, start - r.integers(2, 2500, n), start + r.integers(0, span, n))
    granted = np.maximum(granted, rows["established_on"].to_numpy().astype("datetime64[D]") + 200)
    kind = weighted(
        r,
        ["发明专利", "实用新型", "外观设计", "软件著作权", "集成电路布图设计", "植物新品种", "商标"],
        (20, 38, 12, 20, 1, 1, 8),
        n,
    )
    bought = r.random(n) < 0.08
    former = rows["former"].str.split("；").list.last()
    rows = rows.with_columns(
        ip_no=names.series(np.char.add("QD", np.char.zfill(r.permutation(n * 3)[:n].astype(str), 10))),
        ip_kind=names.series(kind),
        title=names.series(np.char.add("一种", np.char.add(names.brands(r, n), "装置及其控制方法"))),
        owner_name=pl.Series(former).fill_null(rows["name"])
        if not n
        else pl.when(pl.Series(granted < start - 600) & former.is_not_null()).then(former).otherwise("name"),
        owner_uscc=pl.when(pl.Series(r.random(n) < 0.4)).then("uscc"),
        owner_rank=pl.Series(np.where(r.random(n) < 0.88, 1, r.integers(2, 4, n))),
        applied_on=pl.Series(granted - r.integers(120, 190, n)),
        granted_on=pl.Series(granted),
        acquired_by=names.series(np.where(bought, "受让", "自主研发")),
        acquired_on=pl.Series(granted),
        overseas_family=names.series(np.where(r.random(n) < 0.05, "是", "否")),
        legal_status=names.series(np.where(r.random(n) < 0.93, "有效", names.choose(r, ("失效", "终止"), n))),
        _delivered_on=pl.Series(time.delivered(granted, time.monthly(20))),
    )
    return rows.filter(pl.col("_delivered_on").is_not_null()).select(
        "ip_no", "ip_kind", "title", "owner_name", "owner_uscc", "owner_rank", "applied_on", "granted_on",
        "acquired_by", "acquired_on", "overseas_family", "legal_status", _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


def annual_reports(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Yearly reports of firms: the year before last at the start, then each last year in two deliveries."""
    r = rng("ms_annual_report")
    p = life.population.filter((pl.col("category") == "企业") & pl.col("registered") & pl.col("status").eq("存续"))
    parts = []
    initial = time.start.replace(day=9)
    dates = [(initial, time.start.year - 2)]
    dates += [(d, d.year - 1) for d in sorted(time.on(4, 8) + time.on(7, 8))]
    early = r.random(len(p)) < 0.5
    reports = r.random(len(p)) < 0.58
    for day, year in dates:
        founded = (p["established_on"].dt.year() <= year).to_numpy()
        half = np.ones(len(p), dtype=bool) if day == initial else (early if day.month == 4 else ~early)
        rows = p.filter(pl.Series(founded & half & reports))
        n = len(rows)
        factor = (1 + rows["growth"]) ** (year - time.start.year + 1) * pl.Series(np.exp(r.normal(0, 0.05, n)))
        assets = rows["revenue"] * factor * pl.Series(np.exp(r.normal(0, 0.4, n))) / 1e4
        parts.append(
            rows.select(
                "entity_no",
                "uscc",
                report_year=pl.lit(year),
                version=pl.lit(1),
                employees=pl.max_horizontal((pl.col("heads") * factor).round(0).cast(pl.Int64), pl.lit(1)),
                total_assets_wan=assets.round(2),
                total_liabilities_wan=(assets * pl.Series(r.beta(3, 3, n))).round(2),
                revenue_wan=(pl.col("revenue") * factor / 1e4).round(2),
                is_joint_stock=pl.when(pl.col("reg_type").is_in(["160", "174", "240", "340"]))
                .then(pl.lit("是"))
                .otherwise(pl.lit("否")),
                filed_on=pl.lit(day) - pl.duration(days=pl.Series(r.integers(1, 80, n)))
                if day != initial
                else pl.date(year + 1, 6, 20),
                _delivered_on=pl.lit(day),
                _true_id="true_id",
            )  # fmt: skip
        )
    return pl.concat(parts)


__all__ = ["annual_reports", "change_events", "codes", "ip_rights", "irregularities", "registrations"]
