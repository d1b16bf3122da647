"""Rankings by one measure of a year, like 民营企业100强: ties share a rank, who has no figure is counted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from tidu.contracts import contract
from tidu.errors import TiduError
from tidu.serving.reports.reading import asked, reading
from tidu.serving.reports.wording import MASKED, worded
from tidu.serving.reports.workbook import Sheet, write_workbook
from tidu.transform.industry_systems import systems

Measure = Literal["revenue", "tax_paid", "rd_expense"]
Scope = Literal["private", "all"]
SCOPES: dict[Scope, str] = {"private": "民营企业", "all": "全部企业"}


@dataclass(frozen=True)
class Source:
    """What a measure is and where it comes from."""

    zh: str
    dataset: str
    field: str
    meaning: str


MEASURES: dict[Measure, Source] = {
    "revenue": Source(
        "营业收入", "tx_cit_return", "operating_revenue_yuan", "企业所得税年度申报，缺时用年报；一家企业的多个账户相加"
    ),
    "tax_paid": Source("入库税额", "tx_payment", "amount_yuan", "各月入库税款合计，含退税（负数）；只含已交付的月份"),
    "rd_expense": Source(
        "研发费用", "tx_cit_return", "rd_expense_yuan", "企业所得税年度申报的加计扣除口径，可能低于会计口径"
    ),
}


@dataclass(frozen=True)
class Place:
    """One enterprise of a ranking."""

    rank: int
    sharing: int
    """Enterprises of this rank."""
    name: str
    uscc: str | None
    enterprise_id: str
    district_name: str | None
    value: Decimal


@dataclass(frozen=True)
class Ranking:
    """Who stands where, and of how many it is not known."""

    measure: Source
    year: int
    scope: Scope
    asked: int
    """Enterprises of the scope: legal persons that stand."""
    missing: int
    """Those of them without a figure for the year: they have no rank, and are not taken for zero."""
    nothing: int
    """Those whose figure is zero or negative: they have no rank either."""
    places: tuple[Place, ...]
    tag: str = ""
    """Name of the tag of an industry system that the class of all of them points to."""

    @property
    def is_restricted(self) -> bool:
        """Whether the figures themselves are restricted by their contract."""
        return contract(self.measure.dataset).field(self.measure.field).classification == "restricted"

    def shown(self, place: Place, *, restricted: bool) -> str:
        """Return a figure in 万元, masked where it is restricted and not asked for."""
        return worded(place.value, "元") if restricted or not self.is_restricted else MASKED

    def notes(self) -> tuple[tuple[str, str], ...]:
        """Return what has to stand beside the list."""
        return (
            ("指标", f"{self.year}年{self.measure.zh}"),
            ("来源", f"{contract(self.measure.dataset).heading}：{self.measure.meaning}"),
            ("范围", f"{SCOPES[self.scope]}，存续的企业法人，不含分支机构，共 {self.asked} 家"),
            *([("产业体系", f"行业代码对应“{self.tag}”的企业；没有官方对照表，仅为候选")] if self.tag else []),
            ("缺数据", f"{self.missing} 家没有该年数据，不参与排名，也不按零计"),
            ("零或负", f"{self.nothing} 家数据为零或负，不参与排名"),
            ("并列", "数值相同的企业名次相同，其后名次按家数顺延；末位并列的全部列出"),
        )


def ranking(measure: Measure, year: int, scope: Scope = "private", top: int = 100, tag: str | None = None) -> Ranking:
    """Return the enterprises of the first `top` ranks by a measure of a year, in yuan.

    Ties share a rank and all of the last rank are listed, so that there may be more than `top`. With `tag` only those
    whose class points to that tag of an industry system are asked. Raises TiduError for a tag of no system, and where
    no enterprise of the scope has a figure for the year.
    """
    names = {t.code: t.name for system in systems() for t in system.tags}
    if tag is not None and tag not in names:
        raise TiduError(f"{tag} is a tag of no industry system; there are {', '.join(sorted(names))}")
    with reading() as connection:
        rows = asked(connection, "ranking.sql", {"year": year, "scope": scope, "top": top, "tag": tag}, measure=measure)
    counted = rows[0]
    if counted["missing"] == counted["asked"]:
        raise TiduError(f"{measure}: none of {counted['asked']} enterprises has a figure for {year}")
    places = tuple(
        Place(r["rank"], r["sharing"], r["name"], r["uscc"], r["enterprise_id"], r["district_name"], r["value"])
        for r in rows
        if r["rank"] is not None
    )
    return Ranking(
        MEASURES[measure],
        year,
        scope,
        counted["asked"],
        counted["missing"],
        counted["nothing"],
        places,
        names.get(tag or "", ""),
    )


def write_ranking(out: Path, found: Ranking, *, restricted: bool = False) -> None:
    """Write a ranking as a workbook of two sheets; an older file is replaced."""
    columns = (
        ("名次", 8), ("并列家数", 9), ("企业名称", 36), ("统一社会信用代码", 22), ("区（市）", 12),
        (f"{found.measure.zh}", 20), ("企业编号", 20),
    )  # fmt: skip
    rows = (
        (p.rank, p.sharing if p.sharing > 1 else None, p.name, p.uscc, p.district_name,
         found.shown(p, restricted=restricted), p.enterprise_id)
        for p in found.places
    )  # fmt: skip
    sheets = (Sheet("排名", columns, rows), Sheet("说明", (("项目", 16), ("内容", 90)), found.notes()))
    write_workbook(
        out, sheets, f"{found.year}年{SCOPES[found.scope]}{found.measure.zh}排名", dt.date(found.year, 12, 31)
    )
