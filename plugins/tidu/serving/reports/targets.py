"""Target lists for the yearly campaigns: who may be won for a tier, beside what the plan asks for and what is reached.

Plans give numbers for the city alone. What a district might bring is shown as a share of what is still needed, by its
candidates, and called a reference: nobody has set it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

from tidu.errors import TiduError
from tidu.serving.reports.district import CITY
from tidu.serving.reports.reading import Row, asked, assessed_on, reading
from tidu.serving.reports.wording import DRAFT, VERDICTS
from tidu.serving.reports.workbook import Sheet, write_workbook
from tidu.transform.plans import Plan, Target, plans, targets_of
from tidu.transform.tiers.registry import in_force

READINESS = {"ready": "已符合", "near": "接近", "watch": "关注"}
COMPARED = {"at_least": "不少于", "above": "超过", "at_most": "不超过", "planned": "计划", "about": "左右"}
TARGETS = (
    ("计划", 40), ("目标", 30), ("期间", 12), ("要求", 8), ("目标数", 9), ("期内新认定", 11), ("现有", 9),
    ("仍需", 9), ("完成比例", 10), ("原文", 60), ("来源行", 12),
)  # fmt: skip
DISTRICTS = (
    ("区（市）", 12), ("区划代码", 10), ("期内新认定", 11), ("现有", 9), ("已符合候选", 11), ("接近候选", 10),
    ("关注候选", 10), ("仍需（参考）", 13),
)  # fmt: skip
CANDIDATES = (
    ("序号", 6), ("准备程度", 10), ("全市名次", 9), ("企业名称", 34), ("统一社会信用代码", 22), ("企业编号", 20),
    ("区（市）", 10), ("规模", 8), ("结论", 16), ("差距", 50), ("种子来源", 28), ("本年已申报", 11), ("入池日期", 12),
)  # fmt: skip
MEANINGS = (
    ("期内新认定", "在期内认定、期末（或业务日期）仍有效，且期初前一日未持有该层级的企业；到期复核的不重复计算。"),
    ("现有", "期末（或业务日期）持有该层级有效资格的企业。"),
    ("仍需", "目标数减期内新认定；“左右”和未写“以上”的目标按目标数计算。"),
    (
        "仍需（参考）",
        "计划只有全市数。按各区（市）已符合和接近的候选数分摊，不超过其候选数；合计少于全市仍需的，差额为候选不足。不是下达的任务。",
    ),
    ("准备程度", "已符合：现行正式政策的结论为符合；接近、关注见 policies/seed_pool.yml。已持有该层级的不列。"),
    ("全市名次", "先看准备程度，再看差距项数（按评分途径，直通条件不抵减），再看确定的得分；并列名次相同。"),
)


@dataclass(frozen=True)
class Progress:
    """One target of a plan, with what is reached of it in the city."""

    plan: Plan
    target: Target
    held: int
    newly_held: int

    @property
    def needed(self) -> int:
        """Enterprises still to be won; none where the target is reached."""
        beyond = 1 if self.target.comparator == "above" else 0
        return max(int(self.target.value.to_integral_value(ROUND_CEILING)) + beyond - self.newly_held, 0)


@dataclass(frozen=True)
class TargetList:
    """What stands in the workbook: targets, districts (the city last), candidates, best first."""

    tier: str
    as_of: dt.date
    year: int
    progress: tuple[Progress, ...]
    districts: tuple[Row, ...]
    candidates: tuple[Row, ...]


def target_list(tier: str, district: str = CITY, as_of: dt.date | None = None, year: int | None = None) -> TargetList:
    """Return the candidates for a tier with the targets of a year beside them.

    Args:
        tier: a tier of today's policies.
        district: list candidates of this district alone; 370200 for all.
        as_of: a business date; the last assessment on or before it counts.
        year: the year of the targets; without it the business date's, or the last one before that a plan speaks of.

    Raises TiduError for a tier no policy knows, and where nothing was assessed by that date.
    """
    with reading() as connection:
        day = assessed_on(connection, as_of)
        known = {policy.tier for policy in in_force(day)}
        if tier not in known:
            raise TiduError(
                f"{tier}: no policy in force on {day} is for this tier; there are {', '.join(sorted(known))}"
            )
        of_year = year if year is not None else _last_planned(tier, day.year)
        found = targets_of(tier, of_year)
        asked_for = {"tier": tier, "as_of": day, "day": min(day, dt.date(of_year, 12, 31)), "district": district}
        counts = {
            since: asked(connection, "target_counts.sql", {**asked_for, "since": dt.date(since, 1, 1)})
            for since in {of_year, *(target.since for _, target in found)}
        }
        candidates = asked(connection, "target_candidates.sql", asked_for)
    cities = {since: rows[-1] for since, rows in counts.items()}
    progress = tuple(Progress(p, t, cities[t.since]["held"], cities[t.since]["newly_held"]) for p, t in found)
    return TargetList(tier, day, of_year, progress, tuple(counts[of_year]), tuple(candidates))


def write_targets(out: Path, found: TargetList, district: str = CITY) -> None:
    """Write a target list as a workbook of four sheets; an older file is replaced. The same list, the same file."""
    sheets = (
        Sheet("目标", TARGETS, (_progress(p) for p in found.progress)),
        Sheet("区（市）", DISTRICTS, districts(found, district)),
        Sheet("候选", CANDIDATES, (_candidate(n, row) for n, row in enumerate(found.candidates, start=1))),
        Sheet("说明", (("项目", 24), ("内容", 100)), notes(found, district)),
    )
    write_workbook(out, sheets, f"{found.year}年{found.tier}培育目标清单", found.as_of)


def districts(found: TargetList, district: str = CITY) -> Iterator[tuple[Any, ...]]:
    """Yield a row per district, the city last; of one district that and the city."""
    of_year = [p.needed for p in found.progress if p.target.since == found.year]
    rows = [row for row in found.districts if row["district_code"] != CITY]
    shares: Sequence[int | None] = [None for _ in rows]
    if of_year:
        shares = shared_out(of_year[0], [row["ready"] + row["near"] for row in rows])
    for row, share in zip((*rows, found.districts[-1]), (*shares, of_year[0] if of_year else None), strict=True):
        if district in (CITY, row["district_code"]) or row["district_code"] == CITY:
            name = "全市" if row["district_code"] == CITY else row["district_name"]
            yield (
                name,
                row["district_code"],
                row["newly_held"],
                row["held"],
                row["ready"],
                row["near"],
                row["watch"],
                share,
            )


def shared_out(needed: int, weights: Sequence[int]) -> list[int]:
    """Return a number in whole parts by weights, none above its weight, the largest remainders rounded up."""
    whole = sum(weights)
    needed = min(needed, whole)
    if whole == 0:
        return [0] * len(weights)
    exact = [Decimal(needed) * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    largest = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in largest[: needed - sum(parts)]:
        parts[place] += 1
    return parts


def notes(found: TargetList, district: str) -> Iterator[tuple[str, str]]:
    """Yield what has to stand beside the list."""
    yield "业务日期", str(found.as_of)
    yield "层级", found.tier
    yield "候选范围", "全市" if district == CITY else f"区（市）代码 {district}"
    if not found.progress:
        yield "目标", f"没有计划对 {found.year} 年的{found.tier}提出数量目标。"
    elif found.year != found.as_of.year:
        yield "目标", f"{found.as_of.year} 年没有下达目标；所列为 {found.year} 年目标，完成数截至该年末。"
    for policy in in_force(found.as_of):
        if policy.tier == found.tier and policy.is_draft:
            yield "性质", f"{DRAFT}：该层级的规则含假设条件，候选不作为正式结论。"
    for item in found.progress:
        if item.target.caveat:
            yield item.target.name_zh, item.target.caveat
    yield from MEANINGS


def _last_planned(tier: str, year: int) -> int:
    years = {t.year for p in plans() for t in p.targets if t.tier == tier and t.year <= year}
    return year if targets_of(tier, year) or not years else max(years)


def _progress(item: Progress) -> tuple[Any, ...]:
    target = item.target
    span = str(target.year) if target.since == target.year else f"{target.since}–{target.year}"
    return (
        item.plan.name_zh, target.name_zh, span, COMPARED[target.comparator], int(target.value), item.newly_held,
        item.held, item.needed, f"{100 * item.newly_held / target.value:.1f}%", target.quote, "、".join(target.rows),
    )  # fmt: skip


def _candidate(number: int, row: Row) -> tuple[Any, ...]:
    return (
        number, READINESS[row["readiness"]], row["rank"], row["name"], row["uscc"], row["enterprise_id"],
        row["district_name"], row["size_class"], VERDICTS[row["verdict"]], row["lacking"],
        "、".join(row["sources"] or []), "是" if row["declared_this_year"] else "否", row["entered_on"],
    )  # fmt: skip
