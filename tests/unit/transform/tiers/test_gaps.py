"""Gaps are sound (all of them made: met) and minimal (any left out: not met): tried by brute force."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest

from tidu.transform.tiers.gaps import gaps
from tidu.transform.tiers.inputs import inputs
from tidu.transform.tiers.policy import Item, Policy, read_policy
from tidu.transform.tiers.registry import policies
from tidu.transform.tiers.standings import Gap, Standing, standings

COMES_WITH = {"specialised-2022": {"N1": ("3", 1), "N2": ("11", 2)}}
"""Points that a criterion brings once it is met, from the document: two years give 1 point, 100 万元 and 3 % give 2."""
CRITERION_OF = {"specialised-2022": {"3": "N1", "D3": "N3"}}
"""The criterion that comes with an item of the score or a condition instead of it: any points for years in the segment
are two years or more; 6000 万元 of equity are more than 2000 万元."""
HEAD = """\
tier: 雏鹰企业
version: trial-1
document: {name: 试验办法, number: 〔2024〕1号, part: 附件, label: FOUND}
valid_from: 2024-01-01
"""


def holds(policy: Policy, found: Collection[Standing], made: Collection[Gap]) -> bool:
    """Tell whether the verdict is met with some changes made; what is unknown and not changed does not help."""
    changed = {gap.item.code: gap for gap in made}
    answers = {s.item.code: s.answer == "t" or s.item.code in changed for s in found if s.item.kind != "score"}
    brought = CRITERION_OF.get(policy.name, {})
    answers |= dict.fromkeys((brought[code] for code in changed if code in brought), True)
    if not all(answers[s.item.code] for s in found if s.item.kind in ("gate", "criterion")):
        return False
    if policy.score is None or any(answers[s.item.code] for s in found if s.item.kind == "direct"):
        return True
    points = {s.item.code: s.least for s in found if s.item.kind == "score"}
    for code, gap in changed.items():
        if code in points:
            assert gap.points is not None
            points[code] = max(points[code], gap.points)
        if code in COMES_WITH.get(policy.name, {}):
            item, brought = COMES_WITH[policy.name][code]
            points[item] = max(points[item], Decimal(brought))
    groups = {g.code: g.at_least for g in policy.score.groups}
    enough = all(
        sum(points[s.item.code] for s in found if s.item.kind == "score" and s.item.group == code) >= needed
        for code, needed in groups.items()
        if needed is not None
    )
    return enough and sum(points.values()) >= policy.score.at_least


def some_token(dice: random.Random, item: Item, good: float) -> str:
    if item.kind == "gate":
        return dice.choice("tttttttu")
    if item.kind != "score":
        return dice.choices("tfu", [good, 1 - good, 0.15])[0] if item.kind == "criterion" else dice.choice("fffffu")
    steps = sorted({c.points for c in item.cases}) or [Decimal(n) for n in range(16)]
    least, most = sorted((dice.choice(steps), dice.choice(steps)))
    if dice.random() < good:
        least = most = steps[-1]
    if least == most or dice.random() < 0.7:
        return f"{least:f}"
    return f"{least:f}-{most:f}"


def check(policy: Policy, pattern: str) -> tuple[Gap, ...]:
    found = standings(policy, pattern)
    lacking = gaps(policy, found)
    assert not any(gap.capped for gap in lacking)
    assert holds(policy, found, lacking), pattern
    for size in range(len(lacking)):
        for some in combinations(lacking, size):
            assert not holds(policy, found, some), (
                pattern,
                [g.item.code for g in lacking],
                [g.item.code for g in some],
            )
    return lacking


@pytest.mark.parametrize("policy", policies(), ids=lambda p: p.version)
def test_gaps_of_random_patterns_are_sound_and_minimal(policy: Policy) -> None:
    dice = random.Random(policy.version)
    deciding = [item for item in policy.items if not item.assumed]
    sizes = set()
    for _ in range(400):
        pattern = " ".join(some_token(dice, item, dice.choice([0.3, 0.6, 0.9])) for item in deciding)
        sizes.add(len(check(policy, pattern)))
    assert len(sizes) > 1


@pytest.mark.parametrize("policy", [p for p in policies() if p.score], ids=lambda p: p.version)
def test_gaps_are_the_fewest_items_of_a_score(policy: Policy) -> None:
    """No set of fewer items suffices either, whatever points they are raised to."""
    dice = random.Random(policy.version)
    deciding = [item for item in policy.items if not item.assumed]
    for _ in range(25):
        pattern = " ".join(
            "t" if item.kind in ("gate", "criterion") else some_token(dice, item, 0.3) for item in deciding
        )
        found = standings(policy, pattern)
        lacking = check(policy, pattern)
        everything = [
            Gap(s.item, s.answer, points=s.item.most)
            for s in found
            if s.item.kind in ("score", "direct") and s.answer != "t"
        ]
        for some in combinations(everything, max(len(lacking) - 1, 0)):
            assert not lacking or not holds(policy, found, some), pattern


@pytest.mark.parametrize("policy", [p for p in policies() if p.score], ids=lambda p: p.version)
def test_no_set_of_fewer_changes_of_any_kind_suffices(policy: Policy) -> None:
    """Criteria, items of the score and conditions instead of it together: what brings what is counted."""
    dice = random.Random(policy.version)
    deciding = [item for item in policy.items if not item.assumed]
    for _ in range(60):
        tokens = [some_token(dice, item, 0.7) for item in deciding]
        found = standings(
            policy, " ".join("t" if i.kind == "gate" else t for i, t in zip(deciding, tokens, strict=True))
        )
        lacking = gaps(policy, found)
        everything = [Gap(s.item, s.answer, points=s.item.most) for s in found if s.answer != "t"]
        for some in combinations(everything, max(len(lacking) - 1, 0)):
            assert not lacking or not holds(policy, found, some), tokens


BOTH_WAYS = {
    "t t t t f 5 10 1 0 0 0 0 0 0 0 2 0 0 f f f f": ["D3"],
    "t t t t u 5 10 1 0 0 0 0 0 0 0 2 0 0 f f u f": ["D3"],
    "t t f t t 5 10 0 5 5 5 10 5 0 10 2 0 0 f f f f": ["3"],
    "t t f t t 5 10 0 5 5 5 10 5 4 10 2 0 0 f f f f": ["N1"],
    "t t f t f 5 10 0 5 5 5 10 5 0 10 2 0 0 f f f f": ["N3", "3"],
    "t t t f f 5 10 1 0 0 0 0 0 0 0 0 0 0 f f f f": ["N2", "D3"],
}
"""Patterns of specialised-2022, and what is lacking once what comes with something else is not asked for again."""


@pytest.mark.parametrize("pattern", BOTH_WAYS)
def test_what_comes_with_points_or_with_a_condition_is_not_asked_for_again(pattern: str) -> None:
    (policy,) = [p for p in policies() if p.name == "specialised-2022"]
    assert codes(policy, pattern) == BOTH_WAYS[pattern]
    check(policy, pattern)


def test_a_condition_instead_of_the_score_names_what_the_ordinary_way_needs() -> None:
    (policy,) = [p for p in policies() if p.name == "specialised-2022"]
    (told,) = gaps(policy, standings(policy, "t t t t f 5 10 1 3 5 5 10 5 0 0 2 0 0 f f f f"))
    assert (told.item.code, told.ordinary) == ("D3", ("N3", "9"))
    assert gaps(policy, standings(policy, "t t t t t 5 10 1 3 5 5 10 5 0 0 2 0 0 f f f f"))[0].ordinary == ()


def test_one_condition_is_named_where_two_items_would_be_needed(tmp_path: Path) -> None:
    policy = small(tmp_path)
    assert codes(policy, "t t 5 0 f f") == ["2"], "one item is no more than one condition"
    assert codes(policy, "t t 0 0 f f") == ["D1"]
    assert codes(policy, "t t 0 0 f u") == ["D2"], "what needs data alone comes before what has to be won"
    assert codes(policy, "t t 0 0-5 f t") == []
    assert codes(policy, "t f 0 0 f f") == ["A", "2"], "the years bring five of the ten points"


def test_points_that_come_with_a_criterion_are_not_asked_for_again(tmp_path: Path) -> None:
    policy = small(tmp_path)
    assert codes(policy, "t f 0 5 f f") == ["A"], "12 years give the five points that ten ask for"


def test_where_a_gate_fails_the_gates_alone_are_told_and_marked(tmp_path: Path) -> None:
    policy = small(tmp_path)
    lacking = gaps(policy, standings(policy, "f"))
    assert [(g.item.code, g.complete) for g in lacking] == [("G", False)]
    assert all(g.complete for g in gaps(policy, standings(policy, "u f 0 0 f f")))


def test_a_rule_too_long_to_be_tried_is_told_so(tmp_path: Path) -> None:
    asked = [name for name, found in inputs().items() if found.unit == "是否"][:24]
    policy = one_point_each(tmp_path, dict(zip(asked, asked, strict=True)), 12)
    found = standings(policy, " ".join("0" * 24))
    lacking = gaps(policy, found)
    assert holds(policy, found, lacking)
    assert all(gap.capped for gap in lacking)


def test_items_that_ask_the_same_are_raised_together(tmp_path: Path) -> None:
    assert len(codes(one_point_each(tmp_path, dict.fromkeys("123", "is_private"), 3), "0 0 0")) == 1


def one_point_each(folder: Path, asked: Mapping[str, str], at_least: int) -> Policy:
    """Every item, by its code, gives a point for one input that is so."""
    items = "".join(
        f"        - {{code: '{code}', clause: 一, name: 项,"
        f" cases: [{{points: 1, input: {name}, is: true}}, {{points: 0}}]}}\n"
        for code, name in asked.items()
    )
    text = HEAD + f"score:\n  at_least: {at_least} 分\n  groups:\n    - code: 组\n      items:\n{items}"
    return read_policy(write(folder, text))


def small(folder: Path) -> Policy:
    """Ten points are needed: five for years, five for R&D staff; or one of two conditions instead."""
    text = HEAD + (
        "gates:\n  - {code: G, clause: 一, name: 划型, input: is_large, is: false}\n"
        "criteria:\n  - {code: A, clause: 二, name: 年限, input: niche_years, at_least: 12 年}\n"
        "score:\n  at_least: 10 分\n  groups:\n    - code: 组\n      items:\n"
        "        - code: '1'\n          clause: 三\n          name: 年限\n          input: niche_years\n"
        "          bands: [{points: 5, at_least: 10 年}, {points: 0, below: 10 年}]\n"
        "        - code: '2'\n          clause: 四\n          name: 占比\n          input: rd_staff_ratio_y1\n"
        "          bands: [{points: 5, at_least: 20 %}, {points: 0, below: 20 %}]\n"
        "direct:\n  - {code: D1, clause: 五, name: 奖励, input: award_3y, is: true}\n"
        "  - {code: D2, clause: 六, name: 高企, input: has_high_tech, is: true}\n"
    )
    return read_policy(write(folder, text))


def write(folder: Path, text: str) -> Path:
    file = folder / "2024-01-01.yml"
    file.write_text(text, encoding="utf-8")
    return file


def codes(policy: Policy, pattern: str) -> list[str]:
    return [gap.item.code for gap in gaps(policy, standings(policy, pattern))]
