"""Indicators that can be worked out of each other, and are therefore protected together.

Of a whole and a part that are both released every reader knows the rest. A rate and the amount that is still open give
each other away too: who sees both knows what was owed and what was paid.
"""

from __future__ import annotations

from dataclasses import dataclass

from tidu.publishing.disclosure.parameters import Parameters
from tidu.publishing.registry import indicators

PAID = " paid"
"""The numerator of a rate, after its code."""


@dataclass(frozen=True)
class Family:
    """Indicators of which the cells of one month are one problem."""

    shown: tuple[str, ...]
    """Codes that are released."""
    whole: str | None = None
    """Code of what is the sum of `part` and `rest`; of a rate, its denominator goes by the rate's code."""
    part: str | None = None

    @property
    def rest(self) -> str:
        """Code of what is left of the whole without the part."""
        return f"{self.whole} less {self.part}"

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code its cells go by."""
        return (*self.shown, self.part or "", self.rest) if self.whole else self.shown

    @property
    def is_rate(self) -> bool:
        """Whether whole and part are shown as one figure, the share of the part."""
        return self.part is not None and self.part not in self.shown

    @property
    def splits(self) -> dict[str, str]:
        """Code of a piece -> code of what it is a piece of."""
        return {self.part: self.whole, self.rest: self.whole} if self.whole and self.part else {}


def alone(code: str) -> Family:
    """Return the family of an indicator that nothing else gives away."""
    return Family((code,))


def families(parameters: Parameters) -> list[Family]:
    """Return every protected indicator in exactly one family; one that follows another comes after it."""
    protected = {i.code: i for i in indicators().values() if i.disclosure == "protected"}
    found = [Family((whole, part), whole, part) for part, whole in parameters.parts.items()]
    paired = {code for family in found for code in family.shown}
    rates = [Family((code,), code, code + PAID) for code, i in protected.items() if not i.additive]
    found += [alone(code) for code, i in protected.items() if i.additive and code not in paired]
    return found + rates
