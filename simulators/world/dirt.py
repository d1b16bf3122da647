"""Adds the dirt of real departments to good rows (first: none)."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulators.world.population import Rng
from simulators.world.timetable import Timetable
from simulators.world.writing import as_text
from tidu.contracts import contract


def soil(dataset: str, rows: pl.DataFrame, time: Timetable, rng: Rng) -> pl.DataFrame:
    """Return the rows as text with `_place` and `_rule`."""
    frame = as_text(rows, contract(dataset))
    return frame.with_columns(_place=pl.Series(np.arange(len(frame), dtype=float)), _rule=pl.lit(None, pl.String))
