"""What a link by probability weighs, step by step: what was believed before, each comparison, and what they add up to.

Bits are logarithms to base 2: one bit more doubles the odds that the record is the enterprise's. Read from `why` of
int_identity__probable_match and int_identity__candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

WIDTH = 40
NOBODY = 60.0
"""Where there is no other candidate, linkage takes one of this many bits below zero for the margin."""


@dataclass(frozen=True)
class Step:
    """One comparison, or what was believed before any: its bits, and what all until here add up to."""

    comparison: str
    level: str | None
    bits: float
    total: float


@dataclass(frozen=True)
class Weighing:
    """One enterprise a party was held against."""

    enterprise_id: str
    probability: float
    margin: float | None
    why: dict[str, Any]

    @property
    def weight(self) -> float | None:
        """All bits together; None where nobody said how they came about."""
        return float(self.why["weight"]) if self.steps() else None

    def steps(self) -> list[Step]:
        """Return the waterfall in the order of the comparisons; none where `why` has another form."""
        if not {"weight", "prior", "comparisons"} <= set(self.why):
            return []
        said = [("prior", None, float(self.why["prior"]))]
        said += [(c["comparison"], c["level"], float(c["bits"])) for c in self.why["comparisons"]]
        totals = accumulate(bits for _, _, bits in said)
        return [Step(*part, round(total, 2)) for part, total in zip(said, totals, strict=True)]

    def standing(self, others: Sequence[Weighing] = ()) -> str:
        """Say how far it is before the next candidate, or behind the first one."""
        rivals = [w.weight for w in others if w.enterprise_id != self.enterprise_id and w.weight is not None]
        if self.weight is not None and rivals:
            ahead = self.weight - max(rivals)
            if abs(ahead) < 0.005:
                return "as likely as another candidate"
            return f"{ahead:.2f} bits before the next" if ahead > 0 else f"{-ahead:.2f} bits behind the first"
        ahead_of_next = self.ahead
        return "no other candidate" if ahead_of_next is None else f"{ahead_of_next:.2f} bits before the next"

    @property
    def ahead(self) -> float | None:
        """Bits before the best of the others; None where there is no other."""
        alone = self.margin is None or (self.weight is not None and self.margin >= self.weight + NOBODY - 0.1)
        return None if alone else self.margin

    def lines(self) -> list[str]:
        """Draw the waterfall: comparison and level, bits, running total, a bar from the total before to the new one."""
        steps = self.steps()
        if not steps:
            return []
        low, high = min(0.0, *(s.total for s in steps)), max(0.0, *(s.total for s in steps))
        scale = WIDTH / ((high - low) or 1)
        labels = [f"{s.comparison}: {s.level}" if s.level else s.comparison for s in steps]
        width = max(len(label) for label in [*labels, "weight"])
        found, before = [], 0.0
        for label, step in zip(labels, steps, strict=True):
            bar = _bar(round((before - low) * scale), round((step.total - low) * scale), round(-low * scale))
            found.append(f"{label:<{width}} {step.bits:+7.2f} {step.total:+7.2f}  {bar}".rstrip())
            before = step.total
        bar = _bar(round(-low * scale), round((before - low) * scale), round(-low * scale), "=")
        return [*found, f"{'weight':<{width}} {'':7} {self.weight:+7.2f}  {bar}".rstrip()]

    def as_dict(self) -> dict[str, Any]:
        """Return it for a machine to read."""
        return {
            "enterprise_id": self.enterprise_id,
            "match_probability": self.probability,
            "margin": self.ahead,
            "weight": self.weight,
            "steps": [vars(s) for s in self.steps()],
        }


def _bar(start: int, end: int, zero: int, sign: str = "") -> str:
    """Draw one step between two columns, with a bar where zero is; a step too small to see is a dot."""
    drawn = ["|" if column == zero else " " for column in range(WIDTH + 1)]
    left, right = min(start, end), max(start, end)
    for column in range(left, right):
        drawn[column] = sign or ("+" if end > start else "-")
    if left == right and not sign:
        drawn[left] = "."
    return "".join(drawn)
