"""One page per enterprise: what the master says of it, how it stands with every tier, on what evidence, what it lacks.

The page is about one enterprise and for whoever handles its case, so that nothing on it is masked; it says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined

from tidu.contracts import contracts
from tidu.errors import TiduError
from tidu.serving.reports.reading import Row, asked, assessed_on, item_of, policy_of, reading, text_of
from tidu.serving.reports.wording import (
    KINDS,
    LEVERS,
    SHORT,
    VERDICTS,
    asked_for,
    is_number,
    points,
    told,
    unit_of,
    worded,
)
from tidu.transform.industry_systems import tags_of

Part = Literal["whole", "sheet", "annex"]
BRIEF = ("统一社会信用代码", "登记状态", "成立日期", "所在区（市）", "行业代码", "企业规模", "是否民营")
"""What the sheet tells of the master record."""
NAMED = 3
"""Gaps of a tier the sheet names; the annex has all."""


@dataclass
class Sources:
    """The rows a page rests on, numbered in the order in which they are first named."""

    numbers: dict[tuple[str, str, int], int] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)

    def cite(self, evidence: Iterable[Row]) -> list[int]:
        """Return the numbers of rows of evidence."""
        keys = [(e["dataset"], e["source_key"], e["delivery_id"]) for e in evidence]
        return [self.numbers.setdefault(key, len(self.numbers) + 1) for key in dict.fromkeys(keys)]

    def by_dataset(self) -> list[tuple[str, str]]:
        """Return every dataset cited, with the numbers of its rows."""
        found: dict[str, list[int]] = {}
        for row in self.listed():
            found.setdefault(row["dataset"], []).append(row["number"])
        return [(name, _numbers(numbers)) for name, numbers in found.items()]

    def listed(self) -> list[Row]:
        """Return dataset in Chinese, source key and day of delivery of every row cited."""
        return [
            {"number": number, "dataset": contracts()[dataset].heading if dataset in contracts() else dataset,
             "source_key": key, "delivered_on": self.days.get(str(delivery), "")}
            for (dataset, key, delivery), number in self.numbers.items()
        ]  # fmt: skip


def page(enterprise: str, as_of: dt.date | None = None, part: Part = "whole") -> str:
    """Return the page of an enterprise, an HTML document that needs nothing else: one sheet of A4, and its annex.

    Args:
        enterprise: its id, also one given out earlier and redirected since, or its credit code.
        as_of: a business date; the last assessment on or before it counts.
        part: `sheet` has the essence of all tiers, `annex` every condition, value and row; `whole` both.

    Raises TiduError where there is no such enterprise, or nothing was assessed by that date.
    """
    with reading() as connection:
        day = assessed_on(connection, as_of)
        found = asked(connection, "enterprise.sql", {"asked": enterprise.strip()})
        if not found:
            raise TiduError(f"{enterprise}: no enterprise has this id or credit code")
        rows = asked(connection, "assessment.sql", {"as_of": day, "enterprise_id": found[0]["enterprise_id"]})
    sources = Sources()
    tiers = [_tier(row, sources) for row in rows]
    shown = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    master = _master(found[0], day)
    return shown.from_string(text_of("enterprise.html.j2")).render(
        enterprise=found[0],
        master=master,
        part=part,
        brief=[(label, value) for label, value in master if label in BRIEF],
        datasets=sources.by_dataset(),
        as_of=day,
        tiers=tiers,
        sources=sources.listed(),
        style=text_of("print.css"),
    )


def _master(row: Row, day: dt.date) -> list[tuple[str, str]]:
    size = f"{row['size_class']}（{row['size_year']}年数据）" if row["size_year"] else row["size_class"]
    return [
        ("统一社会信用代码", row["uscc"] or "无"),
        ("企业编号", row["enterprise_id"]),
        ("登记状态", row["status"]),
        ("成立日期", str(row["established_on"] or "不详")),
        ("注册资本", worded(row["registered_capital_yuan"], "元")),
        ("所在区（市）", row["district_name"] or "不详"),
        ("行业代码", row["industry_code"] or "不详"),
        ("产业体系", _tags(row["industry_code"], day)),
        ("控股情况", row["holding_type"] or "不详"),
        ("是否民营", "是" if row["is_private"] else "否"),
        ("企业规模", size or "待定（缺数据）"),
        ("曾用名", "；".join(row["former_names"] or []) or "无"),
        ("地址", row["address"] or "不详"),
    ]


def _tags(industry_code: str | None, day: dt.date) -> str:
    """Return the industry systems an enterprise's class points to; what no official crosswalk says is a candidate."""
    words = {"certain": "", "candidate": "（候选）"}
    found = [f"{b.tag.name}{words[b.industry.certainty]}" for b in tags_of(industry_code, day)]
    return "；".join(dict.fromkeys(found)) or "无对应"


def _tier(row: Row, sources: Sources) -> Row:
    policy = policy_of(row["policy_version"])
    sources.days.update(row["delivered"])
    inputs: dict[str, list[str]] = row["inputs"]
    criteria = [
        _criterion(c, row["policy_version"], inputs, sources) for c in row["criteria"] if c["verdict"] != "assumed"
    ]
    gaps = [_gap(g, row["policy_version"], inputs) for g in row["gaps"]]
    is_draft = row["policy_version"].endswith("-draft")
    clauses = {c["code"]: c["clause"] for c in row["criteria"]}
    names = {c["code"]: c["name"] for c in row["criteria"]}
    ordinary: list[str] = next((g["ordinary"] for g in row["gaps"] if "ordinary" in g), [])
    return {
        "missing": [{**g, "lever_zh": LEVERS[g["lever"]]} for g in gaps[:NAMED]],
        "clause": clauses[gaps[0]["code"]] if gaps else next(iter(clauses.values())),
        "cited": _numbers(n for c in criteria for n in c["sources"]),
        "tier": row["tier"],
        "version": row["policy_version"],
        "document": policy.document if policy is not None else {},
        "is_draft": is_draft,
        "verdict": row["verdict"],
        "verdict_zh": f"草案：按现有数据{VERDICTS[row['verdict']]}" if is_draft else VERDICTS[row["verdict"]],
        "score": _score(row),
        "criteria": criteria,
        "gates_alone": all(c["kind"] == "gate" for c in row["criteria"]),
        "gaps": [(LEVERS[lever], [g for g in gaps if g["lever"] == lever]) for lever in LEVERS],
        "gap_count": len(gaps),
        "ordinary": [names[code] for code in ordinary],
        "capped": any(g["capped"] for g in gaps),
        "assumed": [c for c in row["criteria"] if c["verdict"] == "assumed"],
    }


def _numbers(cited: Iterable[int]) -> str:
    """Return numbers of rows in brackets, those that follow one another as a span."""
    spans: list[list[int]] = []
    for number in sorted(set(cited)):
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return "、".join(f"[{s[0]}]" if len(s) == 1 else f"[{s[0]}–{s[-1]}]" for s in spans)


def _score(row: Row) -> str:
    if row["score_min"] is None:
        return "—"
    if row["score_min"] == row["score_max"]:
        return worded(row["score_min"], "分")
    return f"{worded(row['score_min'], '文本')} 至 {worded(row['score_max'], '分')}"


def _criterion(item: Row, version: str, inputs: dict[str, list[str]], sources: Sources) -> Row:
    names = inputs.get(item["code"], [])
    return {
        "code": item["code"],
        "kind": KINDS[item["kind"]],
        "clause": item["clause"],
        "name": item["name"],
        "verdict": item["verdict"],
        "verdict_zh": SHORT[item["verdict"]] if item["max_points"] is None else "",
        "value": told(names, item["value"], _beside(item["threshold"])),
        "threshold": asked_for(names, item["threshold"], item_of(version, item["code"])),
        "points": points(item["points_min"], item["points_max"], item["max_points"]),
        "sources": sources.cite(item["evidence"]),
    }


def _gap(item: Row, version: str, inputs: dict[str, list[str]]) -> Row:
    names = inputs.get(item["code"], [])
    return {
        "lever": item["lever"],
        "code": item["code"],
        "name": item["name"],
        "need": asked_for(names, item["need"], item_of(version, item["code"])),
        "have": told(names, item["have"], _beside(item["need"])),
        "short": worded(item["short"], unit_of(names), 0) if item["short"] is not None else "",
        "points": worded(item["points"], "分") if item["points"] is not None else "",
        "is_unknown": item["verdict"] == "unknown",
        "capped": item["capped"],
    }


def _beside(threshold: Any) -> Any:
    return threshold if is_number(threshold) else None
