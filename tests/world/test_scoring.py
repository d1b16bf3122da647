"""Scores and comparisons on frames small enough to check by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from simulators.world import scoring

TRUE = pl.DataFrame({"dataset": ["d"] * 5, "source_key": list("abcde"), "true_id": ["1", "1", "1", "2", "2"]})
DAY = date(2025, 2, 1)


def found(ids: list[str | None]) -> pl.DataFrame:
    frame = pl.DataFrame({"dataset": ["d"] * 5, "source_key": list("abcde"), "enterprise_id": ids})
    return frame.drop_nulls("enterprise_id")


@pytest.mark.parametrize(
    ("ids", "pairs", "clusters", "missing"),
    [
        (["x", "x", "x", "y", "y"], (1, 1), (1, 1), 0),
        (["x", "x", "x", "x", "x"], (4 / 10, 1), (0, 0), 0),
        (["x", "x", "z", "y", "y"], (1, 2 / 4), (1 / 3, 1 / 2), 0),
        (["x", "x", None, "y", "y"], (1, 2 / 4), (1 / 3, 1 / 2), 1),
    ],
)
def test_linkage(
    ids: list[str | None], pairs: tuple[float, float], clusters: tuple[float, float], missing: int
) -> None:
    score = scoring.linkage(found(ids), TRUE)
    assert score.pairs[:2] == pytest.approx(pairs)
    assert score.clusters[:2] == pytest.approx(clusters)
    assert (score.keys, score.missing_keys) == (5, missing)


def test_fault_differences() -> None:
    held = pl.DataFrame(
        {
            "dataset": ["d"] * 3,
            "delivered_on": [DAY] * 3,
            "row_no": [1, 2, 3],
            "rules": [["a:type"], ["b:uscc"], ["c:type"]],
        }
    )
    true = pl.DataFrame(
        {"dataset": ["d"] * 3, "delivered_on": [DAY] * 3, "row_no": [1, 2, 4], "rule": ["a:type", "a:type", "a:type"]}
    )
    found = scoring.fault_differences(held, true)
    assert found.select("row_no", "problem").rows() == [(2, "other rule"), (3, "unexpected"), (4, "missing")]


def test_cells_compare_exactly_and_zero_may_be_absent() -> None:
    keys = {"period": ["2025-01"] * 4, "district_code": ["370202", "370203", "370211", "370212"]}
    rest = {
        c: [v] * 4
        for c, v in (("indicator_code", "sales_yuan"), ("scope", "all"), ("breakdown", ""), ("breakdown_value", ""))
    }
    true = pl.DataFrame({**keys, **rest, "value": ["10.00", "0.00", "5.00", "7.00"]})
    published = pl.DataFrame(
        {**keys, **rest, "value": ["10", None, "5.01", None], "cell_status": ["published"] * 3 + ["suppressed_primary"]}
    )
    compared = scoring.cells(published.filter(pl.col("district_code") != "370203"), true)
    assert compared.differences.select("district_code", "value", "published").rows() == [("370211", "5.00", "5.01")]
    assert (compared.withheld, compared.absent) == (1, 1)
