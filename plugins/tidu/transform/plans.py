"""The city's plans (policies/plans/<plan>.yml): what is to be reached by when, and which published figure measures it.

A plan's number is measured by an indicator of indicators/, in a scope and perhaps a part of it. Where none is published
the target says whose data would make it one (`needs`): it is listed all the same, and never taken as reached or missed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from tidu.errors import PolicyError
from tidu.settings import PROJECT_ROOT
from tidu.transform.tiers.located import Located, read
from tidu.transform.tiers.quantities import FACTORS, measured

FOLDER = PROJECT_ROOT / "policies" / "plans"
COUNTED = ("户", "家", "个", "处", "场", "场次", "批", "期", "位", "美元", "工作日")
UNITS: Mapping[str, tuple[str, Decimal]] = {
    **FACTORS,
    **{unit: (unit, Decimal(1)) for unit in COUNTED},
    "万户": ("户", Decimal(10_000)),
    "亿美元": ("美元", Decimal(100_000_000)),
}
"""Unit as a plan writes it -> unit as indicators have it, and how many of those it is."""
COMPARATORS = ("at_least", "above", "at_most", "planned", "about")
"""`planned`: a bare number (培育20家), reached when it is; `about`: 左右, of which the plan says no tolerance."""
KINDS = ("level", "increase", "share")
"""`level`: of a stock what stands at the end of the year, of a flow the year's total. `increase`: of a flow the sum
over the span, of titles who newly holds one in it. `share`: the indicator in one scope over that in another."""


@dataclass(frozen=True)
class Measure:
    """The published figure of a target."""

    indicator: str
    scope: str
    over: str
    """Of a share, the scope of the denominator; else empty."""
    breakdown: str
    breakdown_value: str
    """Of tier_holders, the tier; both empty for the total."""


@dataclass(frozen=True)
class Target:
    """One number of a plan: grain of `Plan.targets`; its code is its own in all plans."""

    code: str
    name_zh: str
    name_en: str
    since: int
    """First year of the span; the year itself where the plan speaks of one."""
    year: int
    written: str
    """As the plan has it, with its unit."""
    value: Decimal
    unit: str
    comparator: str
    kind: str
    measure: Measure | None
    needs: str
    """Whose data would make it measurable; empty where it is."""
    caveat: str
    """In what the published figure is not quite what the plan means."""
    quote: str
    rows: tuple[str, ...]
    """Ids of the seed rows it comes from."""

    @property
    def tier(self) -> str:
        """The tier it is about; empty for any other."""
        return self.measure.breakdown_value if self.measure and self.measure.breakdown == "tier" else ""


@dataclass(frozen=True)
class Plan:
    """A plan with its targets, in its own order."""

    file: Path
    code: str
    name_zh: str
    name_en: str
    document: Mapping[str, str]
    dated: dt.date
    left_out: Mapping[str, str]
    """Seed rows that name no target, with why."""
    targets: tuple[Target, ...]


@cache
def plans(folder: Path = FOLDER) -> tuple[Plan, ...]:
    """Return every plan, by its date. Raises PolicyError with file and line for what cannot be honoured."""
    found = tuple(sorted((_plan(file) for file in folder.glob("*.yml")), key=lambda plan: plan.dated))
    seen: dict[str, Plan] = {}
    for plan in found:
        for target in plan.targets:
            if target.code in seen:
                raise PolicyError(f"{plan.file}:1: the target {target.code} is given in {seen[target.code].file} too")
            seen[target.code] = plan
    return found


def targets_of(tier: str, year: int, folder: Path = FOLDER) -> tuple[tuple[Plan, Target], ...]:
    """Return the targets for a tier whose span holds a year, with their plans."""
    return tuple((p, t) for p in plans(folder) for t in p.targets if t.tier == tier and t.since <= year <= t.year)


def _plan(file: Path) -> Plan:
    found = read(file)
    found.expect(("plan", "name", "document", "dated", "targets"), ("left_out",))
    if found["plan"] != file.stem:
        found.refuse(f"the file is named by its plan, {found['plan']}")
    if not isinstance(found["dated"], dt.date):
        found.refuse("`dated` has to be a date, YYYY-MM-DD")
    document = _mapping(found, "document")
    document.expect(("name", "number", "part", "label"))
    targets = tuple(_target(entry) for entry in found.items_of("targets"))
    named: set[str] = set()
    for entry, target in zip(found["targets"], targets, strict=True):
        if target.code in named:
            entry.refuse(f"the target {target.code} is given twice")
        named.add(target.code)
    left_out = dict(_mapping(found, "left_out")) if "left_out" in found else {}
    return Plan(file, found["plan"], *_names(found), dict(document), found["dated"], left_out, targets)


def _target(entry: Located) -> Target:
    entry.expect(
        ("code", "name", "year", "target", "comparator", "kind", "quote", "rows"),
        ("since", "measured_by", "needs", "caveat"),
    )
    for key, known in (("comparator", COMPARATORS), ("kind", KINDS)):
        if entry[key] not in known:
            entry.refuse(f"the {key} {entry[key]} is not known; there are {', '.join(known)}")
    if ("measured_by" in entry) == ("needs" in entry):
        entry.refuse("either `measured_by` names the published figure, or `needs` whose data would make it one")
    try:
        value, unit = measured(entry["target"], UNITS)
    except ValueError as error:
        entry.refuse(str(error))
    since, year = _span(entry)
    return Target(
        entry["code"], *_names(entry), since, year, str(entry["target"]), value, unit, entry["comparator"],
        entry["kind"], _measure(entry) if "measured_by" in entry else None, entry.get("needs", ""),
        entry.get("caveat", ""), entry["quote"], tuple(_rows(entry)),
    )  # fmt: skip


def _span(entry: Located) -> tuple[int, int]:
    since, year = entry.get("since", entry["year"]), entry["year"]
    if not isinstance(since, int) or not isinstance(year, int) or since > year:
        entry.refuse("`since` and `year` are years, `since` not after `year`")
    if "since" in entry and entry["kind"] != "increase":
        entry.refuse(f"a {entry['kind']} is reached in its `year`; `since` means nothing here")
    return since, year


def _measure(entry: Located) -> Measure:
    found = _mapping(entry, "measured_by")
    found.expect(("indicator", "scope"), ("over", "breakdown", "value"))
    if ("over" in found) != (entry["kind"] == "share"):
        found.refuse("a share, and nothing else, says `over` which scope it is taken")
    if ("breakdown" in found) != ("value" in found):
        found.refuse("`breakdown` and `value` are given together")
    return Measure(
        found["indicator"], found["scope"], found.get("over", ""), found.get("breakdown", ""), found.get("value", "")
    )


def _rows(entry: Located) -> Iterator[str]:
    if not isinstance(entry["rows"], list) or not entry["rows"]:
        entry.refuse("`rows` lists the ids of the seed rows it comes from")
    yield from map(str, entry["rows"])


def _names(entry: Located) -> tuple[str, str]:
    name = _mapping(entry, "name")
    name.expect(("zh", "en"))
    return name["zh"], name["en"]


def _mapping(entry: Located, key: str) -> Located:
    found = entry[key]
    if not isinstance(found, Located):
        entry.refuse(f"`{key}` has to be a mapping")
    return found
