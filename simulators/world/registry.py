"""Builds a world around a real registry extract: its rows become registrations, the rest is simulated.

Columns of the extract: 企业名称, 统一社会信用代码, 注册日期, 企业类型, 注册资金, 经营范围, 所在省份, 地区, 注册地址;
others are ignored. What a row says is kept as it says it: abolished districts of its address as withdrawn codes,
credit codes in lower case (they are faults then), N/A as empty. Nothing about persons is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from simulators.world import market
from simulators.world.capital import parse_capital, stated
from simulators.world.extract import population_of
from simulators.world.lifecycle import Life, live
from simulators.world.making import compose
from simulators.world.population import invent
from simulators.world.reading import broken_rules
from simulators.world.timetable import Timetable, seeded
from simulators.world.writing import as_text, vacant
from tidu.contracts import contract

COLUMNS = (
    "企业名称", "统一社会信用代码", "注册日期", "企业类型", "注册资金", "经营范围", "所在省份", "地区", "注册地址",
)  # fmt: skip
UNREAD_FILE = "capital_unread.csv"


@dataclass(frozen=True)
class Report:
    """What became of the extract's rows."""

    rows: int
    repeated: int
    """Rows left out because an earlier one bears the same credit code."""
    faulty: int
    """Rows no registration may be made of; delivered all the same and listed in truth/faults.csv."""
    capital_read: int
    capital_unread: pl.DataFrame
    """企业名称, 统一社会信用代码, 注册资金 of capitals stated and not understood; also in capital_unread.csv."""


def from_registry(file: Path, out: Path, months: int = 18, start: date = date(2025, 1, 1), seed: int = 1) -> Report:
    """Write a world around the extract `file` (csv or csv.gz) into the empty or new folder `out`.

    The same arguments write the same bytes. Raises ValueError when a column is missing, FileExistsError when
    `out` holds anything.
    """
    vacant(out)
    time, rng = Timetable(start.replace(day=1), months), seeded(seed)
    extract = read_extract(file)
    code = pl.col("统一社会信用代码")
    rows = extract.filter(code.is_null() | code.is_first_distinct())
    capital, unread = capitals(rows)
    population = population_of(rows, capital, time, rng)
    outside = invent(max(12, len(population)), time, rng).filter(~pl.col("registered"))
    broken = faulty_rows(population, time, seed)
    good = population.join(broken.select("entity_no").unique(), on="entity_no", how="anti", maintain_order="left")
    everyone = pl.concat([good, outside.select(population.columns).match_to_schema(population.schema)])
    compose(
        out, everyone, time, rng, {"source": file.name, "seed": seed, "rows": len(rows)}, faulty_registrations=broken
    )
    unread.write_csv(out / UNREAD_FILE)
    return Report(len(extract), len(extract) - len(rows), len(broken), int(capital["capital_wan"].count()), unread)


def read_extract(file: Path) -> pl.DataFrame:
    """Read the extract as text; N/A and empty are null."""
    frame = pl.read_csv(file, infer_schema=False, null_values=["N/A", ""])
    missing = [c for c in COLUMNS if c not in frame.columns]
    if missing:
        raise ValueError(f"{file}: no column {', '.join(missing)}")
    return frame.select(pl.col(c).str.strip_chars() for c in COLUMNS)


def capitals(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read 注册资金: amount in wan and currency by row, and the rows stated but not understood."""
    read = [parse_capital(text) for text in rows["注册资金"]]
    frame = pl.DataFrame(
        {"capital_wan": [float(c[0]) if c else None for c in read], "currency": [c[1] if c else None for c in read]},
        schema={"capital_wan": pl.Float64, "currency": pl.String},
    )
    unread = [stated(t) and c is None for t, c in zip(rows["注册资金"], read, strict=True)]
    listed = rows.filter(pl.Series(unread, dtype=pl.Boolean))
    return frame, listed.select("企业名称", "统一社会信用代码", "注册资金")


def faulty_rows(population: pl.DataFrame, time: Timetable, seed: int) -> pl.DataFrame:
    """Registrations of the extract that break a rule as they stand, with the first rule each breaks."""
    lived = live(population.with_columns(shared_name=pl.lit(False)), time, seeded(seed))
    still = lived.population.with_columns(
        old=pl.lit(True), status=pl.lit("存续"), status_on=pl.lit(None, pl.Date), predecessor=pl.lit(None, pl.String)
    )
    rows = market.registrations(Life(still, lived.events.head(0)), time, seeded(seed))
    broken = broken_rules(as_text(rows, contract("ms_registration")), contract("ms_registration"))
    rows = rows.with_columns(_rule=broken.list.first(), _true_id=pl.lit(None, pl.String))
    return rows.filter(broken.list.len() > 0)
