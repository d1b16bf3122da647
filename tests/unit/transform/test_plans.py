"""The city's plans: every number of the documents once, measured by what is published, or with whose data would do."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tidu.errors import PolicyError
from tidu.publishing.registry import breakdowns, indicators
from tidu.transform.plans import Target, plans, targets_of
from tidu.transform.tiers.registry import policies

EVERY: list[Target] = [target for plan in plans() for target in plan.targets]
GOOD = """
plan: trial
name: {zh: 试验计划, en: Trial}
document: {name: 试验, number: 1号, part: 目标, label: FOUND}
dated: 2025-01-01
targets:
  - code: one
    name: {zh: 甲, en: One}
    year: 2025
    target: 20 家
    comparator: planned
    kind: increase
    measured_by: {indicator: tier_holders, scope: all, breakdown: tier, value: 专精特新小巨人}
    quote: 培育20家
    rows: [S1]
"""


def written(folder: Path, text: str, name: str = "trial") -> Path:
    file = folder / f"{name}.yml"
    file.write_text(text, encoding="utf-8")
    return folder


def test_every_row_of_the_seed_documents_stands_once() -> None:
    named = [row for target in EVERY for row in target.rows] + [row for plan in plans() for row in plan.left_out]
    assert sorted(named) == [f"S{n:03d}" for n in range(44, 105)]
    assert all(reason for plan in plans() for reason in plan.left_out.values())


def test_what_the_year_asks_for_of_tiers() -> None:
    (plan,) = [plan for plan in plans() if plan.code == "tier_cultivation_2025"]
    asked = {t.tier: (t.comparator, int(t.value)) for t in plan.targets if t.tier}
    assert asked == {
        "创新型中小企业": ("at_least", 1800), "专精特新中小企业": ("about", 500), "专精特新小巨人": ("planned", 20),
        "民营领军标杆企业": ("planned", 150), "雏鹰企业": ("planned", 150), "瞪羚企业": ("planned", 80),
        "隐形独角兽企业": ("planned", 12), "独角兽企业": ("planned", 1),
    }  # fmt: skip


def test_quotes_hold_the_number() -> None:
    for target in EVERY:
        number = target.written.split()[0]
        assert number in target.quote or target.code in SPELLED, target.code


SPELLED = {"opening_steps"}
"""Targets whose document writes the number in words."""


def test_what_is_measured_is_published_in_the_same_unit() -> None:
    measured = [target for target in EVERY if target.measure]
    assert len(measured) == 20
    for target in measured:
        measure = target.measure
        assert measure
        indicator = indicators()[measure.indicator]
        assert {measure.scope, measure.over or measure.scope} <= set(indicator.scopes), target.code
        assert target.unit == ("比率" if target.kind == "share" else indicator.unit), target.code
        if measure.breakdown:
            assert measure.breakdown in indicator.breakdowns
            assert measure.breakdown_value in breakdowns()[measure.breakdown].values
    assert {t.tier for t in measured if t.tier} <= {policy.tier for policy in policies()}


def test_what_is_not_measured_says_whose_data_would_do() -> None:
    assert [t.code for t in EVERY if (t.measure is None) is not bool(t.needs)] == []


def test_targets_are_found_by_tier_and_year() -> None:
    def found(tier: str, year: int) -> list[str]:
        return [target.code for _, target in targets_of(tier, year)]

    assert found("专精特新小巨人", 2025) == ["new_little_giants", "little_giants_2025"]
    assert found("专精特新小巨人", 2023) == ["new_little_giants"]
    assert found("专精特新小巨人", 2026) == []


def test_numbers_are_turned_into_the_units_of_indicators(tmp_path: Path) -> None:
    def value(written_: str) -> tuple[Decimal, str]:
        (plan,) = plans(written(tmp_path / written_, GOOD.replace("20 家", written_)))
        return plan.targets[0].value, plan.targets[0].unit

    for unit in ("260 万户", "50 %", "120 亿元"):
        (tmp_path / unit).mkdir()
    assert [value(w) for w in ("260 万户", "50 %", "120 亿元")] == [
        (Decimal(2_600_000), "户"), (Decimal("0.5"), "比率"), (Decimal(12_000_000_000), "元"),
    ]  # fmt: skip


REFUSED = {
    ("comparator: planned", "comparator: exactly"): (
        7,
        "the comparator exactly is not known; there are at_least",
    ),
    ("kind: increase", "kind: growth"): (7, "the kind growth is not known; there are level, increase, share"),
    ("target: 20 家", "target: 20 里"): (7, "'20 里': the unit 里 is not known; there are 元"),
    ("target: 20 家", "target: 20"): (7, "20 is no number with its unit"),
    ("year: 2025", "year: 2025\n    since: 2026"): (7, "`since` and `year` are years, `since` not after `year`"),
    ("kind: increase", "kind: level\n    since: 2021"): (7, "a level is reached in its `year`"),
    ("quote: 培育20家", "quote: 培育20家\n    needs: 名单"): (7, "either `measured_by` names the published figure, or"),
    ("kind: increase", "kind: share"): (13, "a share, and nothing else, says `over` which scope it is taken"),
    (", value: 专精特新小巨人", ""): (13, "`breakdown` and `value` are given together"),
    ("rows: [S1]", "rows: []"): (7, "`rows` lists the ids of the seed rows it comes from"),
    ("en: One", "fr: Un"): (8, "`en` is missing"),
    ("plan: trial", "plan: other"): (2, "the file is named by its plan, other"),
    ("dated: 2025-01-01", "dated: soon"): (2, "`dated` has to be a date, YYYY-MM-DD"),
    ("dated: 2025-01-01", "dated: 2025-01-01\nowner: me"): (2, "`owner` means nothing here"),
}


@pytest.mark.parametrize("change", REFUSED, ids=lambda change: change[1])
def test_what_cannot_be_honoured_is_refused_with_file_and_line(tmp_path: Path, change: tuple[str, str]) -> None:
    assert plans(written(tmp_path, GOOD))[0].targets[0].code == "one"
    line, reason = REFUSED[change]
    (tmp_path / "bad").mkdir()
    folder = written(tmp_path / "bad", GOOD.replace(*change))
    with pytest.raises(PolicyError) as told:
        plans(folder)
    assert str(told.value).startswith(f"{folder / 'trial.yml'}:{line}: {reason}")


def test_a_target_is_given_once_in_all_plans(tmp_path: Path) -> None:
    once = GOOD.partition("targets:\n")[2]
    with pytest.raises(PolicyError, match="the target one is given twice"):
        plans(written(tmp_path, GOOD + once))
    (tmp_path / "two").mkdir()
    written(tmp_path / "two", GOOD)
    written(tmp_path / "two", GOOD.replace("plan: trial", "plan: second").replace("2025-01-01", "2026-01-01"), "second")
    with pytest.raises(PolicyError, match=r"second.yml:1: the target one is given in .*trial.yml too"):
        plans(tmp_path / "two")
