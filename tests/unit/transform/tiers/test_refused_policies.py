"""A policy that cannot be honoured is refused with its file, the line and the reason; so is the list of inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidu.errors import PolicyError
from tidu.transform.tiers.inputs import inputs
from tidu.transform.tiers.policy import read_policy
from tidu.transform.tiers.registry import in_force, policies

HEAD = """\
tier: 雏鹰企业
version: trial-1
document: {name: 试验办法, number: 〔2024〕1号, part: 附件, label: FOUND}
valid_from: 2024-01-01
"""
GATE = "gates:\n  - {code: G, clause: 一, name: 划型, input: is_large, is: false}\n"
CRITERION = "criteria:\n  - {code: A, clause: 二, name: 收入, input: revenue_y1, at_least: 10 万元}\n"
SCORE = """\
score:
  at_least: 60 分
  groups:
    - code: 一组
      items:
        - code: '1'
          clause: 三
          name: 占比
          input: main_ratio_y1
          bands:
"""


def scored(*bands: str) -> str:
    return SCORE + "".join(f"            - {{{band}}}\n" for band in bands)


def written(folder: Path, text: str, name: str = "trial/2024-01-01.yml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def refused(file: Path) -> tuple[str, str]:
    """Return the line and the reason a policy is refused for."""
    with pytest.raises(PolicyError) as told:
        read_policy(file)
    where, reason = str(told.value).split(": ", 1)
    assert where.startswith(f"{file}:"), told.value
    return where.removeprefix(f"{file}:"), reason


def test_a_sound_policy_is_taken(tmp_path: Path) -> None:
    text = HEAD + GATE + CRITERION + scored("points: 5, at_least: 80 %", "points: 0, below: 80 %")
    policy = read_policy(written(tmp_path, text))
    assert [item.code for item in policy.items] == ["G", "A", "1"]
    assert policy.version == "trial-1"


CRITERIA = {
    "input: profits, at_least: 1 元": "the input profits is not known; policies/inputs.yml lists them",
    "input: revenue_y1, at_least: 5 %": "'5 %' is compared with an input in 元",
    "input: revenue_y1, at_least: 5 里":
        "'5 里': the unit 里 is not known; there are 元、万元、亿元、%、比率、年、日、分、件、项、人、名、级、百分数",
    "input: revenue_y1, at_least: 1000": "1000 is no number with its unit, such as `1500 万元`",
    "input: main_ratio_y1, at_least: 80 万元": "'80 万元' is compared with an input in 比率",
    "input: is_large, at_least: 1 元": "'1 元' is compared with an input in 是否",
    "input: is_large, is: 大型": "`is_large` is in 是否; `is: 大型` does not fit",
    "input: revenue_y1, is: true": "`revenue_y1` is in 元; `is: True` does not fit",
    "input: revenue_y1": "`revenue_y1` is compared with nothing: at_least, above, at_most, below, is, is_not, in",
    "at_least: 5 元": "it asks nothing: one of `input`, `any` and `all` is needed",
    "any: []": "`any` lists nothing",
    "any: [1, 2]": "`any` has to be a list of entries",
    "input: revenue_y1, any: [{input: is_large, is: true}], at_least: 5 元":
        "it asks nothing: one of `input`, `any` and `all` is needed",
    "any: [{input: is_large, is: true}], enough: 2":
        "`enough: 2` says how many of `any` are needed: two or more of those listed",
    "input: revenue_y1, at_least: 5 元, weight: 3": "`weight` means nothing here",
    "input: revenue_y1, at_least: 5 元, lever: fate":
        "the lever fate is not known; there are enterprise, time, department",
    "input: revenue_y1, at_least: 5 元, on_renewal: doubled":
        "`on_renewal` is either `skipped` or what is asked instead",
    "input: revenue_y1, at_least: 5 元, on_renewal: {input: profits, at_least: 1 元}":
        "the input profits is not known; policies/inputs.yml lists them",
    "input: revenue_y1, at_least: 5 元, on_renewal: {}": "it asks nothing: one of `input`, `any` and `all` is needed",
    "input: revenue_y1, at_least: 5 元, on_renewal: {input: revenue_y1, at_least: 5 元, weight: 2}":
        "`weight` means nothing here",
    "any: [{input: is_large, is: true, lever: fate}]":
        "the lever fate is not known; there are enterprise, time, department",
    "any: [{input: is_large, is: true, unless: false}]": "`unless` means nothing here",
    "any: [{input: is_large, is: true}], at_least: 5 元": "`at_least` compares nothing: `input` is needed beside it",
    "input: is_large, is: true, waived_if: [{input: profits, is: true}]":
        "the input profits is not known; policies/inputs.yml lists them",
    "input: is_large, is: true, waived_if: [{input: is_private, is: true, weight: 2}]": "`weight` means nothing here",
    "assumed: 没有数据": "what is assumed beyond the common gates stands under `assumed`, with what it needs",
}  # fmt: skip


@pytest.mark.parametrize("asked", CRITERIA)
def test_a_criterion_that_cannot_be_asked_is_refused(tmp_path: Path, asked: str) -> None:
    text = f"{HEAD}{CRITERION}  - {{code: B, clause: 三, name: 其他, {asked}}}\n"
    assert refused(written(tmp_path, text)) == ("7", CRITERIA[asked])


BANDS = {
    ("points: 5, at_least: 80 %", "points: 3, at_least: 70 %, below: 85 %", "points: 0, below: 70 %"):
        ("16", "the band of 3 points overlaps with the one before it"),
    ("points: 5, at_least: 80 %", "points: 3, at_least: 70 %, below: 75 %", "points: 0, below: 70 %"):
        ("16", "the band of 3 points leaves a gap to the one before it"),
    ("points: 5, at_most: 50 %", "points: 3, above: 45 %, at_most: 60 %", "points: 0, above: 60 %"):
        ("16", "the band of 3 points overlaps with the one before it"),
    ("points: 5, at_most: 50 %", "points: 3, above: 55 %, at_most: 60 %", "points: 0, above: 60 %"):
        ("16", "the band of 3 points leaves a gap to the one before it"),
    ("points: 5, at_least: 80 %", "points: 3, at_least: 80 %, below: 80 %", "points: 0, below: 80 %"):
        ("16", "the band of 3 points holds nothing"),
    ("points: 5, at_least: 80 %", "points: 3, at_least: 90 %, below: 80 %", "points: 0, below: 90 %"):
        ("16", "the band of 3 points holds nothing"),
    ("points: 5, at_least: 80 %", "points: 5, at_least: 70 %, below: 80 %", "points: 0, below: 70 %"):
        ("10", "points have to fall from one band or case to the next: the first that holds counts"),
    ("points: 3, at_least: 80 %", "points: 5, below: 80 %"):
        ("10", "points have to fall from one band or case to the next: the first that holds counts"),
    ("points: 5, at_least: 80 %", "points: 0, below: 90 %"):
        ("16", "the band of 0 points overlaps with the one before it"),
    ("points: 5, at_least: 80 %", "points: 0"): ("16", "`below` is missing"),
    ("points: 5, at_least: 80 %, below: 90 %", "points: 0, below: 80 %"): ("15", "`below` means nothing here"),
    ("points: 5, at_least: 80 %", "points: 0, at_most: 80 %"): ("16", "`below` is missing"),
    ("points: 5, at_least: 80 万元", "points: 0, below: 80 万元"):
        ("15", "'80 万元' is compared with an input in 比率"),
    ("points: ten, at_least: 80 %", "points: 0, below: 80 %"): ("15", "`points: ten` is no number of points"),
    ("points: 5, at_least: 80 %", "points: none, below: 80 %"): ("16", "`points: none` is no number of points"),
    ("points: 5, at_least: 80 %",): ("10", "`bands` lists two bands or more"),
}  # fmt: skip


@pytest.mark.parametrize("bands", BANDS)
def test_bands_that_do_not_part_every_value_are_refused(tmp_path: Path, bands: tuple[str, ...]) -> None:
    line, reason = BANDS[bands]
    assert refused(written(tmp_path, HEAD + scored(*bands))) == (line, reason)


ITEMS = {
    "bands: [], cases: []": "it gives points by one of `bands`, `cases` and `points_are_value`",
    "cases: [{points: ten, input: is_large, is: true}, {points: 0}]": "`points: ten` is no number of points",
    "cases: [{points: true, input: is_large, is: true}, {points: 0}]": "`points: True` is no number of points",
    "cases: [{points: -1, input: is_large, is: true}, {points: 0}]": "`points: -1` is no number of points",
    "label: SURE, cases: [{points: 5, input: is_large, is: true}, {points: 0}]":
        "the label SURE is not known; there are FOUND, FOUND×n, RECALLED-high, RECALLED-medium, RECALLED-low,"
        " COMPUTED, MISSING",
    "input: platform_score, points_are_value: 15": "`points_are_value` says `at_most`",
    "input: platform_score, points_are_value: {at_most: 15 %}": "'15 %' is compared with an input in 分",
    "cases: [{points: 5, input: is_large, is: true}]": "the last case, and no other, has to take whatever is left",
    "cases: [{points: 5}, {points: 3, input: is_large, is: true}]":
        "the last case, and no other, has to take whatever is left",
    "cases: [{points: 3, input: is_large, is: true}, {points: 5}]":
        "points have to fall from one band or case to the next: the first that holds counts",
}  # fmt: skip


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_that_gives_no_clear_points_is_refused(tmp_path: Path, item: str) -> None:
    text = HEAD + (
        "score:\n  at_least: 60 分\n  groups:\n    - code: 一组\n      items:\n"
        f"        - {{code: '1', clause: 三, name: 占比, {item}}}\n"
    )
    line = "10"
    assert refused(written(tmp_path, text)) == (line, ITEMS[item])


FILES = {
    HEAD.replace("雏鹰企业", "百强企业") + CRITERION: (
        "1", "the tier 百强企业 is not known; there are 创新型中小企业、专精特新中小企业、专精特新小巨人、"
        "制造业单项冠军、雏鹰企业、瞪羚企业、隐形独角兽企业、独角兽企业、民营领军标杆企业、科技型中小企业、高新技术企业、大企业、高质量企业、小微企业"),
    HEAD.replace("label: FOUND", "label: 大概") + CRITERION: (
        "3", "the label 大概 is not known; there are FOUND, FOUND×n, RECALLED-high, RECALLED-medium, RECALLED-low,"
        " COMPUTED, MISSING"),
    HEAD + CRITERION + "bonus: 5\n": ("1", "`bonus` means nothing here"),
    HEAD.replace("tier: 雏鹰企业\n", "") + CRITERION: ("1", "`tier` is missing"),
    HEAD + GATE: ("1", "nothing in it decides: criteria or a score are needed"),
    HEAD + "valid_to: 2024-01-01\n" + CRITERION: (
        "1", "`valid_to`, the first day it is not in force any more, has to lie after `valid_from`"),
    HEAD + "valid_to: soon\n" + CRITERION: ("1", "`valid_to` has to be a date, YYYY-MM-DD"),
    HEAD + CRITERION + "version: trial-2\n": ("1", "`version` is written twice"),
    HEAD + "score: 60 分\n": ("1", "`score` has to be a mapping"),
    HEAD + scored("points: 5, at_least: 80 %", "points: 0, below: 80 %").replace("60 分", "60 %"): (
        "6", "'60 %' is compared with an input in 分"),
    HEAD + CRITERION + "direct:\n  - {code: A, clause: 四, name: 直通, input: is_large, is: true}\n": (
        "8", "the code A is given twice"),
    HEAD.replace(", label: FOUND", "") + CRITERION: ("3", "`label` is missing"),
    HEAD.replace("{name: 试验办法, number: 〔2024〕1号, part: 附件, label: FOUND}", "试验办法") + CRITERION: (
        "1", "`document` says which one, by name, number, part and label"),
    HEAD + GATE + CRITERION.replace("code: A", "code: G"): ("8", "the code G is given twice"),
    "- 1\n": ("1", "a mapping is expected"),
    "tier: [\n": ("2", "expected the node content, but found '<stream end>'"),
}  # fmt: skip


@pytest.mark.parametrize("text", FILES)
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(written(tmp_path, text)) == FILES[text]


def test_a_file_is_named_by_the_first_day_in_force(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + CRITERION, "trial/2024-02-01.yml")
    assert refused(file) == ("1", "the file is named by the first day in force, 2024-01-01")


def test_two_policies_of_a_tier_on_one_day_are_refused(tmp_path: Path) -> None:
    first = written(tmp_path, HEAD + "valid_to: 2025-01-02\n" + CRITERION)
    text = HEAD.replace("2024-01-01", "2025-01-01").replace("trial-1", "trial-2") + CRITERION
    second = written(tmp_path, text, "trial/2025-01-01.yml")
    with pytest.raises(PolicyError) as told:
        policies(tmp_path)
    assert str(told.value) == f"{second}:1: {first} is in force on 2025-01-01 too: give it a `valid_to`"


def test_overlapping_validity_is_seen_across_folders_and_across_a_third(tmp_path: Path) -> None:
    long = written(tmp_path, HEAD + CRITERION, "a/2024-01-01.yml")
    text = HEAD.replace("2024-01-01", "2024-06-01").replace("trial-1", "trial-2") + "valid_to: 2024-07-01\n" + CRITERION
    other = written(tmp_path, text, "b/2024-06-01.yml")
    with pytest.raises(PolicyError) as told:
        policies(tmp_path)
    assert str(told.value) == f"{other}:1: {long} is in force on 2024-06-01 too: give it a `valid_to`"


def test_policies_that_follow_each_other_are_taken(tmp_path: Path) -> None:
    from datetime import date

    written(tmp_path, HEAD + "valid_to: 2025-01-01\n" + CRITERION)
    text = HEAD.replace("2024-01-01", "2025-01-01").replace("trial-1", "trial-2") + CRITERION
    written(tmp_path, text, "trial/2025-01-01.yml")
    on = {day: [p.version for p in in_force(day, tmp_path)] for day in (date(2024, 12, 31), date(2025, 1, 1))}
    assert on == {date(2024, 12, 31): ["trial-1"], date(2025, 1, 1): ["trial-2"]}
    assert in_force(date(2023, 12, 31), tmp_path) == ()


def test_a_version_given_twice_is_refused(tmp_path: Path) -> None:
    written(tmp_path, HEAD + CRITERION)
    other = written(tmp_path, HEAD.replace("雏鹰企业\n", "瞪羚企业\n") + CRITERION, "other/2024-01-01.yml")
    with pytest.raises(PolicyError) as told:
        policies(tmp_path)
    assert str(told.value).endswith(":1: the version trial-1 is given twice")
    assert str(other) in str(told.value) or "trial/2024-01-01.yml" in str(told.value)


ONE_OF_THREE = (
    "an input has one of `evidence`, a column of its own, `of`, what it is computed from, and `undelivered`, why there"
    " is none"
)
INPUTS = {
    "b: {zh: 乙, unit: 元, of: a, undelivered: 没有}": ONE_OF_THREE,
    "b: {zh: 乙, unit: 元, of: a + c}": "the input c is not known, or stands further below",
    "b: {zh: 乙, unit: 元, of: b + a}": "the input b is not known, or stands further below",
    "b: {zh: 乙, unit: 元, of: 'a ** 2'}": "`a ** 2` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: 'a if a else 1'}": "`a if a else 1` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: 'a.x'}": "`a.x` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: 'pg_sleep(a)'}": "`pg_sleep(a)` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: 'years(a)'}": "`years(a)` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: 'positive(a, a)'}": "`positive(a, a)` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: \"'1; drop table x'\"}": "`'1; drop table x'` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: 'a + True'}": "`True` is no sum, product or quotient of inputs",
    "b: {zh: 乙, unit: 元, of: 'a +'}": "`a +` cannot be read: invalid syntax",
    "b: {zh: 乙, unit: 里, evidence: []}":
        "the unit 里 is not known; there are 人、件、元、分、名、年、文本、日、日期、是否、比率、百分数、级、项",
    "b: {zh: 乙, unit: 元}": ONE_OF_THREE,
    "b: {zh: 乙, unit: 元, of: a, evidence: []}":
        ONE_OF_THREE,
    "b: {zh: 乙, unit: 元, evidence: [], lever: fate}":
        "the lever fate is not known; there are enterprise, time, department",
    "b: {zh: 乙, unit: 元, evidence: [], label: x}": "`label` means nothing here",
    "b: {unit: 元, evidence: []}": "`zh` is missing",
    "b: {zh: 乙, unit: 元, of: a + n}": "`a + n` adds or subtracts 元 and 人",
    "b: {zh: 乙, unit: 元, of: a / n}": "`a / n` comes out in 元·人^-1, not in 元",
    "b: {zh: 乙, unit: 元, of: a / a}": "`a / a` comes out in 比率, not in 元",
    "b: {zh: 乙, unit: 元, of: a + 5}": "`a + 5` adds or subtracts 元 and 比率",
    "b: {zh: 乙, unit: 元, of: a * a}": "`a * a` comes out in 元^2, not in 元",
    "b: {zh: 乙, unit: 元, of: a * x}": "`x` is in 是否: nothing can be computed from it",
    "b: {zh: 乙, unit: 年, of: 'years(a, d)'}": "`years(a, d)` compares 元 and 日期",
    "b: {zh: 乙, unit: 年, of: year(a)}": "`year(a)` takes dates, not 元",
    "b: {zh: 乙, unit: 比率, of: 'growth_2y(a, n)'}": "`growth_2y(a, n)` compares 元 and 人",
    "b: {zh: 乙, unit: 比率, of: p / 10}": "`p / 10` comes out in 百分数, not in 比率",
    "b: {zh: 乙, unit: 元, of: a + a, least: a}":
        "what is computed has no `least` of its own: it follows from what it is computed from",
    "b: {zh: 乙, unit: 元, evidence: [], never_negative: 5}": "`never_negative` says true, or is left out",
}  # fmt: skip


@pytest.mark.parametrize("entry", INPUTS)
def test_an_input_that_cannot_be_computed_is_refused(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "inputs.yml"
    units = {"a": "元", "n": "人", "x": "是否", "d": "日期", "p": "百分数"}
    others = "".join(f"{name}: {{zh: 其他, unit: {unit}, evidence: [x]}}\n" for name, unit in units.items())
    file.write_text(f"{others}{entry}\n", encoding="utf-8")
    with pytest.raises(PolicyError) as told:
        inputs(file)
    assert str(told.value) == f"{file}:6: {INPUTS[entry]}"


def test_a_sum_of_amounts_that_are_never_negative_is_at_least_what_is_known_of_it(tmp_path: Path) -> None:
    file = tmp_path / "inputs.yml"
    file.write_text(
        "a: {zh: 甲, unit: 元, evidence: [x], never_negative: true}\n"
        "b: {zh: 乙, unit: 元, evidence: [x], never_negative: true}\n"
        "loss: {zh: 亏, unit: 元, evidence: [x]}\n"
        "mean: {zh: 均值, unit: 元, of: (a + b) / 2}\n"
        "half: {zh: 一半, unit: 元, of: a / 2}\n"
        "change: {zh: 增, unit: 元, of: a - b}\n"
        "balance: {zh: 差, unit: 元, of: a + loss}\n"
        "share: {zh: 占比, unit: 比率, of: a / (a + b)}\n",
        encoding="utf-8",
    )
    known = inputs(file)
    least = known["mean"].least
    assert least is not None
    assert least is known["mean_least"]
    assert least.sql == (
        "(case when ((i.a + i.b) / nullif(2::numeric, 0)::numeric) is null and num_nonnulls(i.a, i.b) > 0"
        " then ((coalesce(i.a, 0) + coalesce(i.b, 0)) / 2::numeric) end)"
    )
    assert [known[name].least for name in ("half", "change", "balance", "share")] == [None] * 4


def test_a_cycle_of_inputs_is_refused_where_it_begins(tmp_path: Path) -> None:
    file = tmp_path / "inputs.yml"
    file.write_text("a: {zh: 甲, unit: 元, of: b}\nb: {zh: 乙, unit: 元, of: a}\n", encoding="utf-8")
    with pytest.raises(PolicyError) as told:
        inputs(file)
    assert str(told.value) == f"{file}:1: the input b is not known, or stands further below"


def test_an_input_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "inputs.yml"
    file.write_text("a: 5\n", encoding="utf-8")
    with pytest.raises(PolicyError) as told:
        inputs(file)
    assert str(told.value) == f"{file}:1: `a` has to be a mapping"
