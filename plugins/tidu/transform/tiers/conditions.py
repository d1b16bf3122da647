"""What policies ask of inputs: comparisons, and several of them together. True, false, or unknown, as SQL knows it.

Unknown stays unknown only where it can still turn the outcome: SQL's own `and` and `or` see to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tidu.transform.tiers.inputs import LEVERS, Input
from tidu.transform.tiers.located import Located
from tidu.transform.tiers.quantities import quantity

BOUNDS = {"at_least": (">=", "≥"), "above": (">", "＞"), "at_most": ("<=", "≤"), "below": ("<", "＜")}
EQUALITIES = ("is", "is_not", "in")
TESTS = (*BOUNDS, *EQUALITIES)
PARTS = ("any", "enough", "all", "input", *TESTS, "waived_if")


@dataclass(frozen=True)
class Comparison:
    """One input against one value."""

    input: Input
    test: str
    value: Any
    written: str
    lever: str | None = None
    """Who changes the answer, where it is not whoever the item names."""

    @property
    def sql(self) -> str:
        """SQL of type boolean, over measured inputs `m`."""
        of = f"m.{self.input.name}"
        match self.test:
            case "is" if isinstance(self.value, bool):
                return f"({of})" if self.value else f"(not {of})"
            case "is":
                return f"({of} = {_literal(self.value)})"
            case "is_not":
                return f"({of} <> {_literal(self.value)})"
            case "in":
                return f"({of} in ({', '.join(map(_literal, self.value))}))"
            case bound:
                asked = f"({of} {BOUNDS[bound][0]} {self.value:f}::numeric)"
                return asked if self.input.least is None else f"coalesce({asked}, {self._from_below(self.input.least)})"

    def _from_below(self, least: Input) -> str:
        """SQL of what the part that is known says already: of a lower bound that it holds, of an upper one not."""
        settled = "false" if self.test in ("at_least", "above") else "true"
        return f"nullif(m.{least.name} {BOUNDS[self.test][0]} {self.value:f}::numeric, {settled})"

    @property
    def text(self) -> str:
        """The comparison as a clerk reads it."""
        if self.test in BOUNDS:
            return f"{self.input.zh} {BOUNDS[self.test][1]} {self.written}"
        if isinstance(self.value, bool):
            return self.input.zh if self.value is (self.test == "is") else f"非{self.input.zh}"
        listed = "、".join(self.value) if isinstance(self.value, tuple) else str(self.value)
        return f"{self.input.zh} {'不是' if self.test == 'is_not' else '为'} {listed}"

    def __iter__(self) -> Iterator[Comparison]:
        """Yield itself: the one comparison it is made of."""
        yield self


@dataclass(frozen=True)
class Together:
    """Several conditions: all of them, or any, or as many of any as are enough."""

    how: str
    parts: tuple[Condition, ...]
    enough: int = 1

    @property
    def sql(self) -> str:
        """SQL of type boolean."""
        if self.enough > 1:
            surely, perhaps = (
                " + ".join(f"coalesce({part.sql}, {unknown})::integer" for part in self.parts)
                for unknown in ("false", "true")
            )
            return f"(case when {surely} >= {self.enough} then true when {perhaps} < {self.enough} then false end)"
        return "(" + (" and " if self.how == "all" else " or ").join(part.sql for part in self.parts) + ")"

    @property
    def text(self) -> str:
        """The conditions as a clerk reads them."""
        if self.enough > 1:
            return f"{'、'.join(part.text for part in self.parts)} 中 {self.enough} 项以上"
        texts = [f"（{p.text}）" if isinstance(p, Together) and p.how != self.how else p.text for p in self.parts]
        return ("，且" if self.how == "all" else "，或").join(texts)

    def __iter__(self) -> Iterator[Comparison]:
        """Yield the comparisons it is made of."""
        for part in self.parts:
            yield from part


Condition = Comparison | Together


def condition(entry: Located, known: Mapping[str, Input]) -> Condition:
    """Return what an entry asks. Refuses unknown inputs, units that do not fit, and an entry that asks nothing."""
    asked: Condition
    ways = [way for way in ("any", "all", "input") if way in entry]
    if len(ways) != 1:
        entry.refuse("it asks nothing: one of `input`, `any` and `all` is needed")
    for test in TESTS:
        if test in entry and "input" not in entry:
            entry.refuse(f"`{test}` compares nothing: `input` is needed beside it")
    if ways == ["input"]:
        asked = _comparisons(entry, known)
    else:
        parts = tuple(nested(part, known) for part in entry.items_of(ways[0]))
        if not parts:
            entry.refuse(f"`{ways[0]}` lists nothing")
        asked = Together(ways[0], parts, _enough(entry, len(parts)))
    waivers = tuple(nested(part, known) for part in entry.items_of("waived_if"))
    return Together("any", (asked, *waivers)) if waivers else asked


def nested(entry: Located, known: Mapping[str, Input]) -> Condition:
    """Return what a part of an entry asks; refuse whatever else it says."""
    entry.expect((), (*PARTS, "lever"))
    check_lever(entry)
    return condition(entry, known)


def check_lever(entry: Located) -> None:
    """Refuse a lever that is not known."""
    if entry.get("lever", "enterprise") not in LEVERS:
        entry.refuse(f"the lever {entry['lever']} is not known; there are {', '.join(LEVERS)}")


def _enough(entry: Located, listed: int) -> int:
    enough = entry.get("enough", 1)
    if "enough" in entry and ("any" not in entry or enough not in range(2, listed + 1)):
        entry.refuse(f"`enough: {enough}` says how many of `any` are needed: two or more of those listed")
    return int(enough)


def _comparisons(entry: Located, known: Mapping[str, Input]) -> Condition:
    of = asked_input(entry, known)
    tests = [test for test in TESTS if test in entry]
    if not tests:
        entry.refuse(f"`{of.name}` is compared with nothing: {', '.join(TESTS)}")
    found = tuple(_comparison(entry, of, test) for test in tests)
    return found[0] if len(found) == 1 else Together("all", found)


def asked_input(entry: Located, known: Mapping[str, Input]) -> Input:
    """Return the input an entry names; refuse one that is not known."""
    if entry.get("input") not in known:
        entry.refuse(f"the input {entry.get('input')} is not known; policies/inputs.yml lists them")
    return known[entry["input"]]


def _comparison(entry: Located, of: Input, test: str) -> Comparison:
    written = entry[test]
    if test in BOUNDS:
        return Comparison(of, test, bound(entry, of, test), str(written), entry.get("lever"))
    values = tuple(written) if isinstance(written, list) else (written,)
    expected = bool if of.unit == "是否" else str
    if of.unit not in ("是否", "文本") or not all(isinstance(value, expected) for value in values):
        entry.refuse(f"`{of.name}` is in {of.unit}; `{test}: {written}` does not fit")
    return Comparison(of, test, values if test == "in" else written, str(written), entry.get("lever"))


def bound(entry: Located, of: Input, test: str) -> Decimal:
    """Return a bound in the unit of its input; refuse one in another unit."""
    try:
        return quantity(entry[test], of.unit)
    except ValueError as error:
        entry.refuse(str(error))


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def implies(given: Condition, asked: Condition) -> bool:
    """Tell whether what is asked holds wherever a given condition does, as far as bounds of one input show."""
    if isinstance(given, Together) and given == asked:
        return True
    if isinstance(given, Together) and given.how == "any":
        return all(implies(part, asked) for part in given.parts)
    if isinstance(given, Together) and any(implies(part, asked) for part in given.parts):
        return True
    if isinstance(asked, Together):
        held = sum(implies(given, part) for part in asked.parts)
        return held >= (len(asked.parts) if asked.how == "all" else asked.enough)
    return not isinstance(given, Together) and _reaches(given, asked)


def _reaches(given: Comparison, asked: Comparison) -> bool:
    if given.input != asked.input:
        return False
    for outward, ways in ((1, ("at_least", "above")), (-1, ("at_most", "below"))):
        if given.test in ways and asked.test in ways:
            beyond = outward * (given.value - asked.value)
            return bool(beyond > 0 or (beyond == 0 and asked.test in (given.test, ways[0])))
    return (given.test, given.value) == (asked.test, asked.value)
