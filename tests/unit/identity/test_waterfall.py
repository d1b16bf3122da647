"""A weight is drawn step by step, from what was believed before to what all comparisons add up to."""

from __future__ import annotations

from typing import Any

import pytest

from tidu.identity.waterfall import Weighing


def weighing(prior: float, *bits: float, margin: float | None = None, of: str = "E") -> Weighing:
    said = [{"comparison": f"c{n}", "level": "else", "bits": b} for n, b in enumerate(bits)]
    why: dict[str, Any] = {"weight": round(prior + sum(bits), 2), "prior": prior, "comparisons": said}
    return Weighing(of, 0.5, margin, why)


def test_steps_add_up_and_bars_join() -> None:
    assert weighing(-10, 30, -10, 0.1).lines() == [
        "prior     -10.00  -10.00  -------------|",
        "c0: else  +30.00  +20.00  ++++++++++++++++++++++++++++++++++++++++",
        "c1: else  -10.00  +10.00               |             -------------",
        "c2: else   +0.10  +10.10               |             .",
        "weight            +10.10               ==============",
    ]


def test_a_weight_of_nothing_is_drawn_too() -> None:
    assert weighing(0).lines() == ["prior    +0.00   +0.00  .", "weight           +0.00  |"]


@pytest.mark.parametrize("why", [{}, {"name": "+3.2"}, {"weight": 1}])
def test_what_is_told_in_another_form_is_not_drawn(why: dict[str, Any]) -> None:
    told = Weighing("E", 0.5, 0.4, why)
    assert told.lines() == [] and told.weight is None and told.standing() == "0.40 bits before the next"


def test_the_distance_to_the_others_is_said() -> None:
    first, second, third = weighing(5, of="E1"), weighing(3.5, of="E2"), weighing(3.5, of="E3")
    assert first.standing([first, second, third]) == "1.50 bits before the next"
    assert second.standing([first, second]) == "1.50 bits behind the first"
    assert second.standing([second, third]) == "as likely as another candidate"
    # linkage counts a candidate that nobody rivals against one of -60 bits
    assert weighing(5, margin=65.0).standing() == "no other candidate"
    assert weighing(5, margin=4.25).standing() == "4.25 bits before the next"
