"""The bureau's own registers: tier holders, qualifications, above-scale lists, arrears."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import polars as pl

from simulators.world import codes, names
from simulators.world.finance import monthly, named, numbers
from simulators.world.lifecycle import Life
from simulators.world.population import weighted
from simulators.world.timetable import Timetable

Rng = Callable[[str], np.random.Generator]
TIERS = (
    "创新型中小企业",
    "专精特新中小企业",
    "专精特新小巨人",
    "制造业单项冠军",
    "雏鹰企业",
    "瞪羚企业",
    "隐形独角兽企业",
    "独角兽企业",
    "民营领军标杆企业",
)
TIER_WEIGHTS = (0.42, 0.27, 0.05, 0.02, 0.12, 0.06, 0.02, 0.01, 0.03)
REGISTERS = (
    "高新技术企业",
    "科技型中小企业",
    "技术创新示范企业",
    "知识产权优势或示范企业",
    "研发机构",
    "科技奖励",
    "创客中国名次",
    "质量奖",
    "管理体系认证",
    "标准制修订",
    "自主品牌",
)
REGISTER_WEIGHTS = (0.34, 0.3, 0.01, 0.04, 0.1, 0.03, 0.01, 0.01, 0.1, 0.03, 0.03)


def able(life: Life) -> pl.DataFrame:
    """Firms of some size, in business at the start: those the bureau's registers hold."""
    return life.population.filter(
        (pl.col("category") == "企业") & pl.col("old") & ~pl.col("is_branch") & pl.col("status").eq("存续")
        & pl.col("registered")
        & ((pl.col("heads") >= 8) | (pl.col("idx") < 12))
    )  # fmt: skip


def awarded(
    pool: pl.DataFrame, time: Timetable, r: np.random.Generator, share: float, plan: list[date]
) -> tuple[pl.DataFrame, np.ndarray[tuple[int], np.dtype[np.datetime64]]]:
    """Draw awards: rows of the pool with `_delivered_on`; the first delivery holds those of three years."""
    n = max(10, round(len(pool) * share))
    rows = pool[r.permutation(np.arange(n) % len(pool))]
    start = np.datetime64(time.start, "D")
    span = 31 * time.months
    on = np.where(r.random(n) < 0.65, start - r.integers(20, 1060, n), start + r.integers(0, span, n))
    rows = rows.with_columns(_delivered_on=pl.Series(time.delivered(on, plan)))
    keep = rows["_delivered_on"].is_not_null() & (
        rows["closed_on"].is_null() | (rows["closed_on"] > pl.Series(on).cast(pl.Date))
    )
    return rows.filter(keep), on[keep.to_numpy()]


def quarterly(time: Timetable, months: tuple[int, ...], day: int) -> list[date]:
    """The initial delivery and one on that day of each of the months."""
    return sorted({time.start.replace(day=4), *(d for m in months for d in time.on(m, day))})


def tier_holders(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Awards of the tiers, valid three years; some are withdrawn, some renewed under the same number."""
    r = rng("mi_tier_holder")
    plan = quarterly(time, (3, 6, 9, 12), 15)
    rows, on = awarded(able(life), time, r, 0.16, plan)
    n = len(rows)
    name, code = named(rows, r, 0.75, on)
    rows = rows.select(
        cert_no=numbers("TD", n), tier=names.series(weighted(r, TIERS, TIER_WEIGHTS, n)),
        enterprise_name=name, uscc=code,
        batch=names.series(np.char.add(on.astype("datetime64[Y]").astype(str), "年第一批")),
        awarded_on=pl.Series(on), valid_until=pl.Series(on + 1095), withdrawn_on=pl.lit(None, pl.Date),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip
    changed = rows.filter(pl.Series(r.random(n) < 0.08) & (pl.col("_delivered_on") < plan[-1]))
    m = len(changed)
    day = pl.Series([next(d for d in plan if d > x) for x in changed["_delivered_on"]], dtype=pl.Date)
    renew = pl.Series(r.random(m) < 0.4)
    changed = changed.with_columns(
        withdrawn_on=pl.when(~renew).then(day.dt.offset_by("-9d")).otherwise(None),
        valid_until=pl.when(renew).then(pl.col("valid_until").dt.offset_by("3y")).otherwise("valid_until"),
        _delivered_on=day,
    )
    return pl.concat([rows, changed])


def tech_registers(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Qualifications and awards of technology and quality; 科技型中小企业 are valid one year, others three."""
    r = rng("mi_tech_register")
    plan = quarterly(time, (2, 5, 8, 11), 25)
    pool = able(life).filter(pl.col("section").is_in(["C", "E", "I", "M", "F"]) | (pl.col("idx") < 12))
    rows, on = awarded(pool, time, r, 0.4, plan)
    n = len(rows)
    name, code = named(rows, r, 0.75, on)
    kind = weighted(r, REGISTERS, REGISTER_WEIGHTS, n)
    years = np.where(kind == "科技型中小企业", 365, 1095)
    endless = np.isin(kind, ["科技奖励", "创客中国名次", "质量奖", "标准制修订", "自主品牌"])
    contest = np.isin(kind, ["科技奖励", "创客中国名次"])
    level = np.where(
        np.isin(kind, ["高新技术企业", "科技型中小企业"]),
        "国家级",
        weighted(r, ["国家级", "省级", "市级", "区县级", "企业级"], (0.1, 0.3, 0.4, 0.1, 0.1), n),
    )
    return rows.select(
        cert_no=numbers("GR", n, 9), register=names.series(kind), level=names.series(level),
        rank=pl.Series(r.integers(1, 40, n)).set(pl.Series(~contest), None), enterprise_name=name, uscc=code,
        issued_on=pl.Series(on), valid_until=pl.Series(np.where(endless, np.datetime64("NaT"), on + years)),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip


SECTORS = {"B": "工业", "C": "工业", "D": "工业", "E": "建筑业", "F": "批发零售", "H": "住宿餐饮", "K": "房地产"}


def above_scale(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """The yearly list of above-scale enterprises: last year's at the start, then each year's in March."""
    r = rng("mi_above_scale")
    pool = able(life).filter(pl.col("uscc").is_not_null())
    parts = []
    for day, year in [(time.start.replace(day=6), time.start.year - 1), *((d, d.year) for d in time.on(3, 10))]:
        revenue = pool["revenue"] * (1 + pool["growth"]) ** (year - time.start.year)
        rows = pool.filter((revenue >= 20_000_000) & (pool["closed_on"].is_null() | (pool["closed_on"] > day)))
        parts.append(
            rows.select(
                "uscc",
                enterprise_name=loose_name(rows, r),
                list_year=pl.lit(year),
                sector=pl.col("section").replace_strict(SECTORS, default="服务业"),
                industry_code="industry",
                district_code=pl.col("district").replace(codes.WITHDRAWN),
                _delivered_on=pl.lit(day),
                _true_id="true_id",
            )
        )
    return pl.concat(parts)


def loose_name(rows: pl.DataFrame, r: np.random.Generator) -> pl.Series:
    """Names as the bureau writes them."""
    return named(rows, r, 1.0, np.empty(0, dtype="datetime64[D]"))[0]


def arrears(life: Life, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Complaints about unpaid bills; later deliveries show what has been paid and what is closed."""
    r = rng("mi_arrears")
    pool = life.population.filter(
        (pl.col("category") == "企业") & pl.col("old") & pl.col("status").eq("存续") | ~pl.col("registered")
    )
    rows, on = monthly(pool, time, r, 0.0035, 8)
    n = len(rows)
    name, code = named(rows, r, 0.7, on)
    amount = np.round(np.exp(r.normal(3.6, 1.1, n)) + 1, 2)
    kind = weighted(r, ["机关", "事业单位", "大型企业", "其他"], (0.15, 0.2, 0.4, 0.25), n)
    debtor = np.array(["青岛市某局", "青岛市某中心", "某建设集团有限公司", "某置业有限公司"])
    first = rows.select(
        complaint_no=numbers("QK", n), creditor_name=name, creditor_uscc=code,
        debtor_name=names.series(debtor[r.integers(0, 4, n)]), debtor_kind=names.series(kind),
        district_code=pl.col("district").replace(codes.WITHDRAWN),
        amount_wan=pl.Series(amount), paid_wan=pl.lit(0.0), filed_on=pl.Series(on), closed_on=pl.lit(None, pl.Date),
        _delivered_on="_delivered_on", _true_id="true_id",
    )  # fmt: skip
    lag = pl.Series(r.integers(1, 6, n))
    paid = first.filter(pl.Series(r.random(n) < 0.6))
    lag = pl.Series(r.integers(1, 6, len(paid)))
    whole = pl.Series(r.random(len(paid)) < 0.55)
    later = paid.with_columns(
        _delivered_on=pl.Series(
            [_later(time, d, int(k)) for d, k in zip(paid["_delivered_on"], lag, strict=True)], dtype=pl.Date
        )
    )
    later = later.with_columns(
        paid_wan=pl.when(whole)
        .then("amount_wan")
        .otherwise((pl.col("amount_wan") * pl.Series(r.uniform(0.1, 0.9, len(paid)))).round(2)),
        closed_on=pl.when(whole).then(pl.col("_delivered_on").dt.offset_by("-6d")),
    ).filter(pl.col("_delivered_on") <= time.end)
    return pl.concat([first, later])


def _later(time: Timetable, day: date, months: int) -> date:
    k = (day.year - time.start.year) * 12 + day.month - time.start.month
    return time.month(k + months).replace(day=day.day)
