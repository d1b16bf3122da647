"""What indicators, earlier releases and zeros give away of each other: the attack finds it, hidden cells close it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pytest

from tests.unit.publishing.readers import CITY, DISTRICTS, Row, contributions
from tidu.publishing.disclosure.attack import bounds, too_close
from tidu.publishing.disclosure.families import Family, alone, families
from tidu.publishing.disclosure.insiders import learned
from tidu.publishing.disclosure.measure import KEY, cells
from tidu.publishing.disclosure.parameters import parameters
from tidu.publishing.disclosure.past import marked
from tidu.publishing.disclosure.problem import Bools, Problem, problem
from tidu.publishing.disclosure.protect import protect
from tidu.publishing.registry import indicators

RULES = parameters()
SAME = ("C", "小型", "未分类", (True, True, True))
SALES, RATE = (next(f for f in families(RULES) if c in f.shown) for c in ("sales_yuan", "arrears_settlement_rate"))
Indicator = tuple[str, Sequence[Row]]


def asked(family: Family, *rows: Indicator) -> Problem:
    """The problem of the totals of a month of a family."""
    return problem(measured(*rows).filter(pl.col("indicator_code").is_in(family.codes)), frozenset(), family)


def measured(*rows: Indicator) -> pl.DataFrame:
    return cells(pa.concat_tables(contributions(own, code=code) for code, own in rows), RULES)


def crowd(amount: float, many: int = 8) -> list[Row]:
    return [(100 * k + n, place, *SAME, amount + n) for k, place in enumerate(DISTRICTS) for n in range(many)]


def shown(found: Problem, mask: Bools, code: str) -> set[str]:
    """Places whose total of all is in the mask."""
    of_all = found.frame.filter(pl.Series(mask), pl.col("indicator_code") == code, pl.col("scope") == "all")
    return set(of_all.filter(pl.col("breakdown") == "")["place"])


def is_closed(found: Problem) -> Bools:
    """Check that hiding what tells by itself leaves a leak and that what protection hides closes it; return that."""
    assert len(too_close(found, found.released & ~found.tells, RULES.margin)) > 0
    hidden = protect(found, RULES)
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0
    return hidden


def test_every_protected_indicator_is_in_one_family() -> None:
    shown_codes = [code for family in families(RULES) for code in family.shown]
    assert sorted(shown_codes) == sorted(c for c, i in indicators().items() if i.disclosure == "protected")
    assert ("loan_balance_yuan", "credit_loan_balance_yuan") in [f.shown for f in families(RULES)]


def test_what_is_left_of_a_whole_without_its_part_is_protected() -> None:
    exported = [(*row[:6], row[6] - 60.0) if row[0] == 3 else row for row in crowd(100.0)]
    found = asked(SALES, ("sales_yuan", crowd(100.0)), ("export_sales_yuan", exported))
    assert not (found.tells & found.released).any(), "neither sales nor exports tell by themselves"
    hidden = is_closed(found)
    either = shown(found, hidden, "sales_yuan") | shown(found, hidden, "export_sales_yuan")
    assert {"370202"} <= either


@pytest.mark.parametrize("paid", [1, 7], ids=["one has paid", "all but one have paid"])
def test_a_rate_tells_of_who_paid_and_who_did_not(paid: int) -> None:
    of_shinan = [(*row[:6], row[6] if n < paid else 0.0) for n, row in enumerate(crowd(100.0)[:8])]
    half = [(*row[:6], row[6] / 2) for row in crowd(100.0)[8:]]
    found = asked(RATE, ("arrears_settlement_rate", crowd(100.0)), ("arrears_settlement_rate paid", of_shinan + half))
    hidden = protect(found, RULES)
    assert (hidden == hidden[found.twin]).all(), "a rate is shown or not"
    places = shown(found, hidden, "arrears_settlement_rate")
    assert "370202" in places
    assert len(places) > 1, "others would give it away"
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0


def test_a_rate_goes_with_the_amount_that_is_hidden() -> None:
    rows = (("arrears_settlement_rate", crowd(100.0)), ("arrears_settlement_rate paid", crowd(50.0)))
    own = measured(*rows).filter(pl.col("indicator_code").is_in(RATE.codes))
    keys = [(code, "2026-01", "all", "", "", "370203") for code in RATE.codes]
    found = problem(marked(own, pl.DataFrame(keys, schema=KEY, orient="row"), "linked"), frozenset(), RATE)
    assert not protect(asked(RATE, *rows), RULES).any()
    assert len(too_close(found, found.released, RULES.margin)) > 0
    hidden = protect(found, RULES)
    assert "370203" in shown(found, hidden, "arrears_settlement_rate")
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0


@pytest.mark.parametrize("filers", [2, 3])
def test_two_who_filed_zero_are_hidden_three_are_not(filers: int) -> None:
    nothing: list[Row] = [(900 + n, "370285", *SAME, 0.0) for n in range(filers)]
    found = asked(alone("insured_headcount"), ("insured_headcount", crowd(100.0) + nothing))
    hidden = protect(found, RULES)
    places = shown(found, hidden, "insured_headcount")
    assert ("370285" in places) == (filers == 2)
    if filers == 2:
        assert len(too_close(found, found.released & ~found.tells, RULES.margin)) > 0, "the total gives a zero away"
        assert len(places) > 1
        assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0


def test_the_only_one_in_a_cell_does_not_learn_the_only_one_in_another() -> None:
    def rows(section: str, place: str, many: int, first: int) -> list[Row]:
        return [(first + n, place, section, *SAME[1:], 10.0 + n) for n in range(many)]

    # 1 and 2 stand across a rectangle of sections I and F in two districts
    own = [(1, "370202", "I", *SAME[1:], 50.0), (2, "370203", "F", *SAME[1:], 60.0)]
    own += (
        rows("F", "370202", 4, 10)
        + rows("I", "370203", 4, 20)
        + rows("I", "370211", 8, 30)
        + rows("F", "370211", 8, 40)
    )
    own += [
        r for k, s in enumerate("CGJ") for p, d in enumerate(DISTRICTS) for r in rows(s, d, 8, 100 * (k * 3 + p + 1))
    ]
    tables = frozenset(("sales_yuan", "industry_section", level) for level in ("city", "district"))
    found = problem(cells(contributions(own), RULES).filter(pl.col("indicator_code") == "sales_yuan"), tables)
    corners = pl.col("breakdown_value").is_in(["I", "F"]) & pl.col("place").is_in(["370202", "370203"])
    rectangle = found.frame.select(corners & (pl.col("breakdown") == "industry_section")).to_series().to_numpy()
    assert len(too_close(found, found.released & ~rectangle, RULES.margin)) == 0, "nobody outside learns anything"
    assert len(learned(found, found.released & ~rectangle)) == 2, "each of the two learns the other"
    hidden = protect(found, RULES)
    assert len(learned(found, found.released & ~hidden)) == 0
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0


def known(found: pl.DataFrame, *which: tuple[str, str]) -> pl.DataFrame:
    """Mark totals of all, and sections of all, as what stood open before: (section or '', place)."""
    keys = [
        ("sales_yuan", "2026-01", "all", "industry_section" if section else "", section, place)
        for section, place in which
    ]
    return marked(found, pl.DataFrame(keys, schema=KEY, orient="row"), "known")


def test_what_stood_open_before_hides_nobody() -> None:
    def rows(section: str, place: str, many: int, first: int) -> list[Row]:
        return [(first + n, place, section, *SAME[1:], 100.0 + n) for n in range(many)]

    # two of three of section I in 370202 have just become F; the others are as they were
    now = [
        *rows("I", "370202", 1, 1), *rows("F", "370202", 7, 10), *rows("C", "370202", 5, 20),
        *rows("I", "370203", 5, 30), *rows("F", "370203", 5, 40), *rows("C", "370203", 5, 50),
    ]  # fmt: skip
    own = cells(contributions(now), RULES).filter(pl.col("indicator_code") == "sales_yuan")
    unchanged = [("C", p) for p in ("370202", "370203", CITY)] + [(s, "370203") for s in "IF"]
    unchanged += [("", p) for p in ("370202", "370203", CITY)]
    tables = frozenset(("sales_yuan", "industry_section", level) for level in ("city", "district"))
    found = problem(known(own, *unchanged), tables)
    as_if_new = protect(problem(own, tables), RULES)
    assert len(too_close(found, found.released & ~as_if_new, RULES.margin)) > 0, "partners that everybody remembers"
    hidden = protect(found, RULES)
    assert not (hidden & found.known).any()
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0
    sections = found.frame.filter(pl.Series(hidden), pl.col("breakdown") != "")
    assert {("I", "370202"), ("F", "370202"), ("I", CITY), ("F", CITY)} == {
        *sections.select("breakdown_value", "place").iter_rows()
    }


def test_a_late_return_does_not_hide_the_totals_of_the_city() -> None:
    # number 999 of 370202 has just filed: its district and the city are the only totals that are not as they were
    own = cells(contributions([(999, "370202", *SAME, 50.0), *crowd(20.0)]), RULES)
    own = own.filter(pl.col("indicator_code") == "sales_yuan")
    of_scopes = own.filter(pl.col("breakdown") == "", pl.col("place").is_in(DISTRICTS), pl.col("place") != "370202")
    late = pl.DataFrame([("sales_yuan", "2026-01", "all", "", "", "370202")], schema=KEY, orient="row")
    found = problem(marked(marked(own, of_scopes, "known"), late), frozenset())
    hidden = protect(found, RULES)
    assert shown(found, hidden, "sales_yuan") == {"370202"}
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0, "no release would ever hold else"


def test_what_earlier_releases_tell_does_not_block_a_release() -> None:
    rows = [(1, "370202", *SAME, 50.0), *[r for r in crowd(20.0) if r[1] != "370202"]]
    own = cells(contributions(rows), RULES).filter(pl.col("indicator_code") == "sales_yuan")
    found = problem(known(own, ("", "370203"), ("", "370285"), ("", "370211"), ("", CITY)), frozenset())
    hidden = protect(found, RULES)
    assert "370202" in shown(found, hidden, "sales_yuan")
    assert len(too_close(found, found.released & ~hidden, RULES.margin)) == 0
    of_all = found.frame.with_row_index().filter(pl.col("scope") == "all", pl.col("place") == "370202")["index"]
    assert bounds(found, found.known, of_all.to_numpy(), RULES.margin).above.max() < 1e-6, "it is known exactly"
