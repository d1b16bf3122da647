"""Early signs: what is planted is found, in its month; what is noise is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tidu.publishing.signs import signs

Floats = NDArray[np.float64]


def flow(seed: int, months: int) -> Floats:
    """A flow about 1,000 with a trend and 4 % of noise, from 25 months on with a season too."""
    r = np.random.default_rng(seed)
    t = np.arange(months)
    season = 120 * np.sin(2 * np.pi * t / 12) if months > 24 else 0
    return np.asarray(1000 + 4 * t + season + r.normal(0, 40, months))


def kinds(values: Floats, *, is_stock: bool = False) -> dict[int, str]:
    return {s.place: s.kind for s in signs(values, is_stock=is_stock)}


@pytest.mark.parametrize("months", [17, 36, 60])
@pytest.mark.parametrize("times", [0.3, 2.5])
def test_a_month_that_stands_out_is_found_in_its_month(months: int, times: float) -> None:
    found = 0
    for seed in range(20):
        values = flow(seed, months)
        values[months - 4] *= times
        found += kinds(values).get(months - 4) == "outlier"
    assert found == 20


@pytest.mark.parametrize("months", [17, 36, 60])
def test_a_shift_of_level_is_found_within_a_month(months: int) -> None:
    found = 0
    for seed in range(20):
        values = flow(seed, months)
        values[months - 6 :] += 900
        at = [s.place for s in signs(values) if s.kind == "level_shift"]
        found += any(abs(place - (months - 6)) <= 1 for place in at)
    assert found >= 18


def test_a_jump_of_a_stock_is_found_and_its_growth_is_not() -> None:
    r = np.random.default_rng(1)
    values = 10_000 + np.cumsum(r.normal(200, 20, 18))
    assert kinds(np.asarray(values), is_stock=True) == {}
    values[12:] += 3_000
    assert kinds(np.asarray(values), is_stock=True) == {12: "outlier"}


@pytest.mark.parametrize("months", [17, 36, 60])
def test_noise_is_mostly_left_alone(months: int) -> None:
    flagged = sum(len(signs(flow(seed, months))) for seed in range(300))
    assert flagged / (300 * months) < 0.0125


@pytest.mark.parametrize(
    "values", [[5.0] * 11, [5.0] * 24, [0.0] * 18, [0.0] * 17 + [9.0]], ids=["short", "flat", "zero", "once"]
)
def test_short_and_flat_series_say_nothing(values: list[float]) -> None:
    assert signs(np.array(values)) == []
