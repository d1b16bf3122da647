"""When a cell tells too much of one enterprise: the parameters of policies/disclosure.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import yaml

from tidu.errors import IndicatorError
from tidu.publishing.registry import indicators
from tidu.settings import PROJECT_ROOT

FILE = PROJECT_ROOT / "policies" / "disclosure.yml"


@dataclass(frozen=True)
class Parameters:
    """What decides whether a cell of money, headcounts or loans may be seen; shares and margins lie between 0 and 1."""

    fewest_contributors: int
    """A cell with fewer is hidden."""
    largest_share: float
    """A cell of which one contributor has more is hidden."""
    two_largest_share: float
    """A cell of which two contributors together have more is hidden."""
    margin: float
    """How close nobody may come to what is hidden, as a share of it; p of the p% rule too."""
    most_hidden: float
    """A table of which more would be hidden is not released in that detail."""
    crowd: int
    """In a cell of no more contributors, a revision that tells of too few of them is hidden."""
    parts: Mapping[str, str]
    """Indicator -> the one it is a part of, so that their difference is known as soon as both are."""
    rates: Mapping[str, str]
    """Rate -> the amount that gives it away, and that it gives away."""


@cache
def parameters(file: Path = FILE) -> Parameters:
    """Return the parameters. Raises IndicatorError naming file and fault."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    names = {f.name for f in fields(Parameters)}
    if not isinstance(document, dict) or set(document) != {*names, "source"}:
        raise IndicatorError(f"{file}: the keys are {', '.join(sorted(names))} and source")
    found = Parameters(**{name: document[name] for name in names})
    counts, shares = (found.fewest_contributors, found.crowd), (found.largest_share, found.two_largest_share)
    if not all(isinstance(n, int) and n >= 1 for n in counts):
        raise IndicatorError(f"{file}: fewest_contributors and crowd are whole numbers from 1 on")
    if not all(isinstance(s, float) and 0 < s < 1 for s in (*shares, found.margin, found.most_hidden)):
        raise IndicatorError(f"{file}: shares and the margin lie between 0 and 1")
    _known_indicators(file, found)
    return found


def _known_indicators(file: Path, found: Parameters) -> None:
    additive = {i.code: i.additive for i in indicators().values() if i.disclosure == "protected"}
    named = [*found.parts, *found.parts.values()]
    if len(set(named)) < len(named) or not all(additive.get(code, False) for code in named):
        raise IndicatorError(f"{file}: parts and what they are parts of are protected sums, each named once")
    if set(found.rates) != {code for code, sums in additive.items() if not sums} or not all(
        additive.get(code, False) for code in found.rates.values()
    ):
        raise IndicatorError(f"{file}: rates names every protected rate and the protected sum it goes with")
