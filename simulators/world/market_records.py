"""What the market supervision bureau delivers about firms: irregularities, IP rights, annual reports."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from simulators.world import names
from simulators.world.lifecycle import Life
from simulators.world.population import weighted
from simulators.world.timetable import Timetable

IP_KINDS = ["发明专利", "实用新型", "外观设计", "软件著作权", "集成电路布图设计", "植物新品种", "商标"]
Rng = Callable[[str], np.random.Generator]


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
        record_no=names.series(np.char.add("YC", names.padded(hit + 1, 9))),
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
        removed_on=pl.col("listed_on") + pl.duration(days=pl.col("idx") * 37 % 860 + 40)
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
        IP_KINDS,
        (20, 38, 12, 20, 1, 1, 8),
        n,
    )
    bought = r.random(n) < 0.08
    former = rows["former"].str.split("；").list.last()
    rows = rows.with_columns(
        ip_no=names.series(np.char.add("QD", names.padded(r.permutation(n * 3)[:n], 10))),
        ip_kind=names.series(kind),
        title=names.series(np.char.add("一种", np.char.add(names.brands(r, n), "装置及其控制方法"))),
        owner_name=pl.when(pl.Series(granted < start - 600) & former.is_not_null()).then(former).otherwise("name"),
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
        "acquired_by", "acquired_on", "overseas_family", "legal_status",
        _delivered_on="_delivered_on", _true_id="true_id",
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
                filed_on=pl.lit(day) - pl.duration(days=pl.lit(pl.Series(r.integers(1, 80, n))))
                if day != initial
                else pl.date(year + 1, 6, 20),
                _delivered_on=pl.lit(day),
                _true_id="true_id",
            )
        )
    return pl.concat(parts)
