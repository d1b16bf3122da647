"""What two releases tell of whoever came, left or was revised between them, at the edge of what is a crowd."""

from __future__ import annotations

import polars as pl
import pytest

from tests.unit.publishing.readers import Row, contributions
from tidu.publishing.disclosure.measure import KEY, cells
from tidu.publishing.disclosure.parameters import parameters
from tidu.publishing.disclosure.past import SCHEMA, kept_hidden, latest

RULES = parameters()
TOTAL = ("sales_yuan", "2026-01", "all", "", "", "370202")


def of(many: int, revised: int = 0) -> pl.DataFrame:
    """The cells of so many enterprises about as large, of which some have doubled."""
    rows: list[Row] = [
        (n, "370202", "C", "小型", "未分类", (True, True, True), (20.0 + n) * (2 if n < revised else 1))
        for n in range(many)
    ]
    return cells(contributions(rows), RULES)


def told(found: pl.DataFrame, release: int = 1) -> pl.DataFrame:
    """What a release keeps of open cells."""
    state = found.with_columns(status=pl.lit("published"), since_release=pl.lit(release, pl.Int64))
    return state.filter(pl.col("members").is_not_null()).select(list(SCHEMA))


@pytest.mark.parametrize(
    ("then", "now", "is_hidden"),
    [
        (of(10), of(11), True),
        (of(11), of(10), True),
        (of(10), of(13), False),
        (of(4), of(4, revised=1), True),
        (of(4), of(4, revised=3), False),
        (of(4), of(4), False),
        (of(RULES.crowd + 1), of(RULES.crowd + 2), False),
    ],
    ids=["one comes", "one leaves", "three come", "one revised", "three revised", "the same", "in a crowd"],
)
def test_a_small_cell_is_hidden_where_the_change_tells(then: pl.DataFrame, now: pl.DataFrame, is_hidden: bool) -> None:
    assert (TOTAL in kept_hidden(told(then), now, RULES).rows()) == is_hidden


def test_any_earlier_release_counts_not_only_the_last() -> None:
    both = pl.concat([told(of(4)), told(of(4, revised=3), 2)])
    assert latest(both).filter(pl.col("since_release") == 2).height > 0
    assert TOTAL not in kept_hidden(told(of(4, revised=3), 2), of(4, revised=3), RULES).rows()
    assert TOTAL not in kept_hidden(both, of(4, revised=3), RULES).rows()
    assert TOTAL in kept_hidden(both, of(4, revised=4), RULES).select(KEY).rows(), "one more than the last release"
