"""Industry systems: what a class bears on a day, and what is refused, with file and line."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from simulators.world.codes import industry_classes
from tidu.errors import PolicyError
from tidu.settings import PROJECT_ROOT
from tidu.transform.industry_systems import systems, tags_of
from tidu.transform.tiers.registry import policies

GOOD = """
system: 试验体系
document: {name: 试验, number: 1号, label: FOUND}
valid_from: 2025-01-01
tags:
  - code: one
    name: 甲
    group: 组
    label: FOUND
    classes:
      - {prefix: C38, name: 电气机械和器材制造业, certainty: candidate}
      - {prefix: C385, name: 家用电力器具制造, certainty: certain}
  - {code: two, name: 乙, group: 组, label: RECALLED-high, classes: []}
missing: 对照表
"""


def borne(code: str | None, day: str) -> set[tuple[str, str]]:
    return {(b.system, b.tag.name) for b in tags_of(code, dt.date.fromisoformat(day))}


def written(folder: Path, text: str, name: str = "2025-01-01") -> Path:
    (folder / "trial").mkdir(exist_ok=True)
    (folder / "trial" / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


def test_systems_follow_one_another() -> None:
    old, new = ("青岛市24条重点产业链", "智能家电"), ("青岛市“10+1”创新型产业体系", "智能家电")
    assert borne("C3851", "2024-12-31") == {old}
    assert borne("C3851", "2025-01-01") == {new}
    assert borne("C3851", "2021-12-31") == set()


def test_a_class_may_bear_several_tags_and_an_unknown_one_none() -> None:
    assert {name for _, name in borne("I6513", "2026-06-30")} == {"新一代信息技术", "新一代信息技术产业"}
    assert borne("A0111", "2026-06-30") == borne(None, "2026-06-30") == borne("", "2026-06-30") == set()


def test_no_class_is_certain_while_no_crosswalk_is_published() -> None:
    found = [c for system in systems() for tag in system.tags for c in tag.classes]
    assert len(found) > 30
    assert {c.certainty for c in found} == {"candidate"}
    assert [system.name for system in systems() if not system.missing] == []


def test_every_prefix_is_one_of_the_standard() -> None:
    codes = industry_classes()["code"].to_list()
    file = PROJECT_ROOT / "dbt_project" / "seeds" / "seed_industry.csv"
    divisions = {row["code"]: row["name"] for row in csv.DictReader(file.open(encoding="utf-8"))}
    for system in systems():
        for tag in system.tags:
            for found in tag.classes:
                assert any(code.startswith(found.prefix) for code in codes), found
                if len(found.prefix) == 3:
                    assert divisions[found.prefix[1:]].strip() == found.name, found


def test_systems_are_no_tiers() -> None:
    assert not any("industry_systems" in str(policy.file) for policy in policies())


def test_the_longest_prefix_of_a_tag_counts(tmp_path: Path) -> None:
    folder = written(tmp_path, GOOD)
    (found,) = tags_of("C3852", dt.date(2026, 1, 1), folder)
    assert (found.industry.prefix, found.industry.certainty) == ("C385", "certain")
    (found,) = tags_of("C3811", dt.date(2026, 1, 1), folder)
    assert found.industry.certainty == "candidate"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("prefix: C385", "prefix: '385'", r"01\.yml:12: 385 is no section letter"),
        ("certainty: certain", "certainty: likely", r"01\.yml:12: the certainty likely is not known"),
        ("prefix: C385", "prefix: C38", r"01\.yml:12: the prefix C38 is given twice"),
        ("    label: FOUND\n", "    label: RECALLED-low\n", "not certain of a tag that is itself RECALLED-low"),
        ("code: two", "code: one", "the tag one is given twice"),
        ("missing: 对照表", "more: 对照表", "`missing` is missing"),
        ("valid_from: 2025-01-01", "valid_from: 2025-01-02", "named by the first day in force"),
        ("valid_from: 2025-01-01", "valid_from: 2025-01-01\nvalid_to: 2024-01-01", "has to lie after"),
    ],
)
def test_what_cannot_be_honoured_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert old in GOOD
    with pytest.raises(PolicyError, match=reason):
        systems(written(tmp_path, GOOD.replace(old, new)))


def test_two_versions_in_force_on_one_day_are_refused(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    later = GOOD.replace("valid_from: 2025-01-01", "valid_from: 2026-01-01")
    with pytest.raises(PolicyError, match="is in force on 2026-01-01 too"):
        systems(written(tmp_path, later, "2026-01-01"))
