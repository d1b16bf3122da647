"""The trained weights, as they stand in model.json; how they came about stands in the same file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tidu.errors import TiduError
from tidu.identity.linkage.comparisons import COMPARISONS, ELSE

FILE = Path(__file__).parent / "model.json"
EXPECTED_MATCHES = 0.5
"""Share of open parties that are taken to be registered at all, before anything of them is known."""


@dataclass(frozen=True)
class Model:
    """Weights of every level of every comparison."""

    version: str
    weights: dict[str, dict[str, tuple[float, float]]]
    """(m, u) by comparison and level: the share of the level among pairs of one enterprise, and among others."""

    @staticmethod
    def prior(registered: int) -> float:
        """Return the probability that a party and a registered enterprise drawn at random are one."""
        return min(EXPECTED_MATCHES / max(registered, 1), 0.5)


@cache
def model() -> Model:
    """Read model.json. Raises TiduError when it does not fit the comparisons: train it again."""
    held = json.loads(FILE.read_text(encoding="utf-8"))
    weights = {
        name: {label: (float(m), float(u)) for label, (m, u) in levels.items()}
        for name, levels in held["weights"].items()
    }
    wanted = {name: {*(label for label, _, _ in levels), ELSE} for name, levels in COMPARISONS.items()}
    if {name: set(levels) for name, levels in weights.items()} != wanted:
        raise TiduError(f"{FILE.name} has other levels than comparisons.py; run `tidu linkage train`")
    return Model(held["version"], weights)
