"""What a release hides: the rules of a single cell, and that nobody gets near what is hidden, inside or outside."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from tests.unit.publishing.readers import (
    CITY,
    DISTRICTS,
    SCOPES,
    Cell,
    Row,
    belongs,
    bounded,
    contributions,
    released_cells,
)
from tidu.errors import IndicatorError
from tidu.publishing.disclosure.attack import too_close
from tidu.publishing.disclosure.measure import KEY, cells
from tidu.publishing.disclosure.parameters import FILE, parameters
from tidu.publishing.disclosure.past import marked
from tidu.publishing.disclosure.problem import Bools, Problem, Table, problem
from tidu.publishing.disclosure.protect import protect

RULES = parameters()
TOTALS: frozenset[Table] = frozenset()
PRIVATE, STATE = (True, True, True), (False, False, False)
BREAKDOWNS = ("industry_section", "size_class", "zone")
ALL = frozenset(("sales_yuan", b, level) for b in BREAKDOWNS for level in ("city", "district"))


def asked(rows: Sequence[Row], tables: frozenset[Table] = ALL) -> Problem:
    return problem(of_sales(rows), tables)


def of_sales(rows: Sequence[Row]) -> pl.DataFrame:
    return cells(contributions(rows), RULES).filter(pl.col("indicator_code") == "sales_yuan")


def in_cell(problem_: Problem, mask: Bools) -> list[Cell]:
    return problem_.frame.filter(pl.Series(mask)).select(KEY[2:]).rows()


def protected(problem_: Problem) -> Bools:
    return protect(problem_, RULES)


def rule(amounts: Sequence[float]) -> bool:
    """The parameters of the interface, written once more."""
    total, largest = sum(amounts), sorted(amounts, reverse=True)
    return 0 < len(amounts) < 3 or largest[0] > 0.75 * total or sum(largest[:2]) > 0.9 * total or (
        total - sum(largest[:2]) < 0.1 * largest[0]
    )  # fmt: skip


def town(seed: int, enterprises: int, spread: float = 1.2) -> list[Row]:
    """Enterprises of all sizes, thinly spread, some zones and sections with hardly anybody."""
    r = random.Random(seed)
    return [
        (
            n,
            r.choice(("370202", "370203", "370211")),
            r.choice("CCCFFFIMA"),
            r.choice(("小型", "小型", "微型", "中型")),
            r.choice(("未分类", "未分类", "QD-FTZ")),
            r.choice((PRIVATE, PRIVATE, PRIVATE, (True, True, False), (False, True, True), STATE)),
            round(r.lognormvariate(3 * spread, spread), 2) + 0.01,
        )
        for n in range(enterprises)
    ]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([5], True),
        ([5, 5], True),
        ([5, 5, 5], False),
        ([75, 13, 12], False),
        ([75.01, 13, 11.99], True),
        ([45, 45, 10], False),
        ([45.01, 45, 9.99], True),
        ([74, 16, 10], False),
        ([60, 20, 20, -40], False),
        ([90, 5, 5, -20], True),
    ],
)
def test_a_cell_tells_by_its_contributors(amounts: list[float], expected: bool) -> None:
    rows: list[Row] = [(n, "370202", "C", "小型", "未分类", PRIVATE, a) for n, a in enumerate(amounts)]
    found = asked(rows, TOTALS)
    assert set(found.frame["tells"]) == {expected}
    if min(amounts) > 0:
        assert rule(amounts) == expected


SAME = ("C", "小型", "未分类", PRIVATE)
WITHIN = (False, True, True)
"""Neither state nor foreign, and not private either: collective."""
LEAKS: dict[str, list[Row]] = {
    "what is left of a scope without another": [
        *[(100 * k + n, d, *SAME[:3], PRIVATE, 20.0) for k, d in enumerate(DISTRICTS) for n in range(12)],
        *[(100 * k + n, d, *SAME[:3], STATE, 25.0) for k, d in enumerate(DISTRICTS) for n in range(20, 26)],
        (900, "370202", *SAME[:3], WITHIN, 50.0),
    ],
    "a single hidden cell of a line": [
        (1, "370202", *SAME, 50.0),
        *[(n, "370203", *SAME, 20.0) for n in range(10, 16)],
        *[(n, "370211", *SAME, 30.0) for n in range(20, 26)],
    ],
    "a line of zeros and one hidden cell": [
        (1, "370202", "I", "小型", "未分类", PRIVATE, 50.0),
        *[(n, "370202", *SAME, 20.0) for n in range(10, 16)],
        *[(n, "370203", *SAME, 20.0) for n in range(30, 36)],
        *[(n, "370211", "I", "小型", "未分类", PRIVATE, 30.0) for n in range(20, 26)],
    ],
    "what is left of all without a scope": [
        (1, "370202", "C", "小型", "未分类", STATE, 50.0),
        *[(n, d, *SAME, 20.0) for d, k in (("370202", 10), ("370203", 30), ("370211", 50)) for n in range(k, k + 8)],
        *[(n, "370203", "C", "小型", "未分类", STATE, 25.0) for n in range(70, 76)],
    ],
    "tables that share their totals": [
        (1, "370202", "I", "小型", "QD-FTZ", PRIVATE, 90.0),
        (2, "370202", "I", "微型", "未分类", PRIVATE, 80.0),
        *[(n, "370202", "C", "小型", "未分类", PRIVATE, 20.0) for n in range(10, 20)],
        *[(n, "370203", "I", "小型", "未分类", PRIVATE, 20.0) for n in range(20, 26)],
        *[(n, "370203", "C", "微型", "QD-FTZ", PRIVATE, 20.0) for n in range(30, 36)],
    ],
}  # fmt: skip


@pytest.mark.parametrize("rows", LEAKS.values(), ids=list(LEAKS))
def test_a_known_leak_is_found_and_closed(rows: list[Row]) -> None:
    found = asked(rows)
    only_telling = found.released & ~found.tells
    assert len(too_close(found, only_telling, RULES.margin)) > 0
    hidden = protected(found)
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0
    assert (hidden & ~found.tells).any()


def test_two_who_know_themselves_do_not_learn_each_other() -> None:
    rows: list[Row] = [
        (1, "370202", *SAME, 50.0),
        (2, "370203", *SAME, 60.0),
        *[(n, "370211", *SAME, 30.0) for n in range(20, 40)],
    ]
    found = asked(rows, TOTALS)
    apart = found.released & ~found.tells
    assert len(too_close(found, apart, RULES.margin)) == 0, "nobody outside can tell the two apart"
    hidden = protected(found)
    assert ("all", "", "", "370211") in in_cell(found, hidden), "but each of them could"


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    "tables", [TOTALS, frozenset({("sales_yuan", "industry_section", "city")}), ALL], ids=["totals", "city", "all"]
)
def test_nobody_gets_near_what_is_hidden(seed: int, tables: frozenset[Table]) -> None:
    rows = town(seed, 60)
    found = asked(rows, tables)
    hidden = protected(found)
    open_cells = in_cell(found, found.released & ~hidden)
    telling = in_cell(found, found.tells & ~(found.released & ~hidden))
    assert telling
    assert not [c for c in open_cells if rule([r[6] for r in rows if belongs(r, c)])]
    for cell in telling[:: max(1, len(telling) // 12)]:
        least, most = bounded(rows, open_cells, cell)
        amount = sum(r[6] for r in rows if belongs(r, cell))
        assert most - amount >= 0.0999 * amount, cell
        assert amount - least >= 0.0999 * amount, cell


@pytest.mark.parametrize("spread", [2.5, 4.0])
def test_cells_of_a_few_yuan_beside_billions_are_as_safe(spread: float) -> None:
    largest = 0.0
    for seed in range(40):
        found = asked(town(400 + seed, 70, spread))
        hidden = protected(found)
        assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0, seed
        largest = max(largest, found.magnitude.max() / found.magnitude.min())
    assert largest > 1e5


def sums(keys: Sequence[Cell], total: Cell) -> list[list[Cell]]:
    """The ways a total is a sum of cells, as the interface has them: over districts, and over a breakdown's values."""
    scope, breakdown, value, place = total
    ways = []
    if place == CITY:
        ways.append([c for c in keys if c[:3] == (scope, breakdown, value) and c[3] != CITY])
    if breakdown == "" and scope == "all":
        ways += [[c for c in keys if c[1] == b and c[3] == place] for b in BREAKDOWNS]
    return ways


@pytest.mark.parametrize("seed", range(8))
def test_no_sum_that_is_given_away_tells(seed: int) -> None:
    rows = town(100 + seed, 80)
    found = asked(rows)
    keys = [k for k in found.frame.select(KEY[2:]).rows() if k[0] in SCOPES]
    open_cells = set(in_cell(found, found.released & ~protected(found)))
    given_away = [
        [r for r in rows if any(belongs(r, c) for c in way if c not in open_cells)]
        for total in open_cells
        for way in sums(keys, total)
    ]
    # of two scopes one of which lies within the other
    apart = [(one, other) for one in open_cells for other in open_cells if one[1:] == other[1:] and one[0] != other[0]]
    given_away += [
        [r for r in rows if belongs(r, one) and not belongs(r, other)]
        for one, other in apart
        if not any(belongs(r, other) and not belongs(r, one) for r in rows)
    ]
    assert sum(map(bool, given_away)) > 10
    assert [members for members in given_away if members and rule([r[6] for r in members])] == []


@pytest.mark.parametrize("seed", range(6))
def test_the_attacker_sees_what_an_independent_reader_sees(seed: int) -> None:
    rows = town(200 + seed, 40)
    found = asked(rows)
    r = np.random.default_rng(seed)
    is_open = found.released & ~found.tells & (r.random(len(found.released)) < 0.9)
    close = set(too_close(found, is_open, RULES.margin).tolist())
    open_cells = in_cell(found, is_open)
    compared = 0
    for n, (scope, *rest) in enumerate(found.frame.select(KEY[2:]).rows()):
        if not found.tells[n]:
            continue
        cell: Cell = (scope, *rest)
        amount = sum(row[6] for row in rows if belongs(row, cell))
        least, most = bounded(rows, open_cells, cell)
        assert (min(amount - least, most - amount) < 0.09999 * amount) == (n in close), cell
        compared += 1
    assert compared > 5
    assert close


def test_the_city_total_stays_open_unless_it_tells_itself() -> None:
    for seed in range(10):
        found = asked(town(300 + seed, 30))
        assert ("all", "", "", CITY) not in in_cell(found, protected(found))
    alone = asked([(1, "370202", *SAME, 5.0)])
    assert ("all", "", "", CITY) in in_cell(alone, protected(alone))


def test_cells_of_a_release_are_those_that_hold_anything() -> None:
    rows = town(7, 25)
    found = asked(rows)
    assert set(in_cell(found, found.released)) == set(released_cells(rows, BREAKDOWNS))


@pytest.mark.parametrize("most", [20.0, 4000.0], ids=["one of three", "nearly all"])
def test_what_is_kept_hidden_is_hidden_with_what_it_needs(most: float) -> None:
    rows: list[Row] = [
        (n, d, *SAME, a)
        for d, k, a in (("370202", 10, most), ("370203", 30, 20.0), ("370211", 50, 20.0))
        for n in range(k, k + 8)
    ]
    assert not protected(asked(rows, TOTALS)).any()
    keep = pl.DataFrame([("sales_yuan", "2026-01", "all", "", "", "370202")], schema=KEY, orient="row")
    found = problem(marked(of_sales(rows), keep), TOTALS)
    hidden = protected(found)
    open_cells = in_cell(found, found.released & ~hidden)
    assert ("all", "", "", "370202") not in open_cells
    assert (("all", "", "", CITY) in open_cells) == (most == 20.0), (
        "the city's total goes only where nothing else helps"
    )
    least, greatest = bounded(rows, open_cells, ("all", "", "", "370202"))
    assert 8 * most - least >= 0.0999 * 8 * most
    assert greatest - 8 * most >= 0.0999 * 8 * most


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"margin": 10}, "between 0 and 1"),
        ({"most_hidden": 1.0}, "between 0 and 1"),
        ({"fewest_contributors": 2.5}, "whole numbers"),
        ({"colour": 1}, "the keys are"),
    ],
)
def test_parameters_with_anything_amiss_are_refused(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    path = tmp_path / "disclosure.yml"
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(document | change, allow_unicode=True), encoding="utf-8")
    with pytest.raises(IndicatorError, match=reason):
        parameters(path)
