"""What is published: finds, parses and caches indicators/<code>.yml; refuses what it does not know.

How a figure is computed stands in the dbt models; an indicator file says what it means, where it
may be cut, and how its cells may be disclosed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

from tidu.contracts import contracts
from tidu.errors import IndicatorError
from tidu.settings import PROJECT_ROOT

ROOT = PROJECT_ROOT / "indicators"
T = TypeVar("T")

Kind = Literal["stock", "flow", "rate"]
SCOPES = ("all", "private", "no_state_no_foreign", "registration_type")
UNITS = ("元", "户", "人", "笔", "家", "比率")


@dataclass(frozen=True)
class Indicator:
    """One published figure and everything that decides how its cells look."""

    code: str
    name_zh: str
    name_en: str
    definition_zh: str
    definition_en: str
    unit: str
    kind: Kind
    """A flow is summed over months, a stock never; a rate is a quotient of sums."""
    basis: Literal["interval", "month"]
    """`interval`: a state that holds from a day to a day; `month`: what the rows of the month say."""
    datasets: tuple[str, ...]
    """Whose rows make the figure; a missing delivery of theirs makes the month incomplete."""
    additive: bool
    """City = sum of the districts."""
    scopes: tuple[str, ...]
    breakdowns: tuple[str, ...]
    breakdown_scopes: tuple[str, ...]
    """Scopes the breakdowns are published for; the total is, in every scope."""
    disclosure: Literal["public", "protected"]
    """Protected: money, headcounts and loans, which could tell of single enterprises."""

    @property
    def monthly_datasets(self) -> tuple[str, ...]:
        """Datasets of which one delivery is due for every month."""
        return tuple(d for d in self.datasets if contracts()[d].cadence == "monthly")


@dataclass(frozen=True)
class Breakdown:
    """One way to cut an indicator; its values add up to the total."""

    code: str
    name_zh: str
    name_en: str
    source: str
    values: dict[str, str]
    """Value as published, with its name, in order."""
    other: str | None
    """The value of what has none; None where every contribution has one."""
    open: bool
    """Values that are not listed appear too, as delivered; else they count under `other`."""


@cache
def indicators() -> dict[str, Indicator]:
    """Return every indicator by code, in order of code. Raises IndicatorError naming file and fault."""
    return {i.code: i for i in _parsed(ROOT, parse_indicator)}


@cache
def breakdowns() -> dict[str, Breakdown]:
    """Return every breakdown by code, in order of code. Raises IndicatorError naming file and fault."""
    return {b.code: b for b in _parsed(ROOT / "breakdowns", parse_breakdown)}


def parse_indicator(path: Path) -> Indicator:
    """Read one indicator file."""
    document = _document(path, {f.name for f in fields(Indicator)})
    try:
        found = Indicator(
            code=document["code"],
            **_texts(document, "name", "definition"),
            unit=_one_of(document["unit"], UNITS),
            kind=_one_of(document["kind"], ("stock", "flow", "rate")),
            basis=_one_of(document["basis"], ("interval", "month")),
            datasets=tuple(_one_of(d, tuple(contracts())) for d in document["datasets"]),
            additive=_one_of(document["additive"], (True, False)),
            scopes=tuple(_one_of(s, SCOPES) for s in document["scopes"]),
            breakdowns=tuple(_one_of(b, tuple(breakdowns())) for b in document["breakdowns"]),
            breakdown_scopes=tuple(_one_of(s, document["scopes"]) for s in document["breakdown_scopes"]),
            disclosure=_one_of(document["disclosure"], ("public", "protected")),
        )
        if found.code != path.stem:
            raise ValueError(f"the file is called {path.stem}, its code is {found.code}")
        if not found.datasets or not found.scopes:
            raise ValueError("an indicator needs at least one dataset and one scope")
        if bool(found.breakdowns) != bool(found.breakdown_scopes):
            raise ValueError("breakdowns and breakdown_scopes go together")
        if (found.kind == "rate") is found.additive or (found.kind == "rate") != (found.unit == "比率"):
            raise ValueError("a rate has unit 比率 and is not additive; everything else is additive")
    except (KeyError, TypeError, ValueError) as error:
        raise IndicatorError(f"{path}: {type(error).__name__}: {error}") from error
    return found


def parse_breakdown(path: Path) -> Breakdown:
    """Read one breakdown file."""
    document = _document(path, {f.name for f in fields(Breakdown)})
    try:
        found = Breakdown(
            code=document["code"],
            **_texts(document, "name"),
            source=document["source"],
            values={str(value): str(name) for value, name in document["values"].items()},
            other=document["other"],
            open=_one_of(document["open"], (True, False)),
        )
        if found.code != path.stem:
            raise ValueError(f"the file is called {path.stem}, its code is {found.code}")
        if not found.values or "" in found.values or (found.other is not None and found.other not in found.values):
            raise ValueError("values must be given, none empty, `other` among them or null")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IndicatorError(f"{path}: {type(error).__name__}: {error}") from error
    return found


def _parsed(folder: Path, parse: Callable[[Path], T]) -> list[T]:
    found = [parse(path) for path in sorted(folder.glob("*.yml"))]
    if not found:
        raise IndicatorError(f"nothing found in {folder}")
    return found


def _document(path: Path, attributes: set[str]) -> dict[str, Any]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise IndicatorError(f"{path}: not a mapping")
    known = {a.removesuffix("_zh").removesuffix("_en") for a in attributes}
    unknown, missing = set(document) - known, known - set(document)
    if unknown or missing:
        raise IndicatorError(f"{path}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")
    return document


def _texts(document: dict[str, Any], *keys: str) -> dict[str, str]:
    """Return key_zh and key_en of texts that must be given in exactly these two languages."""
    found: dict[str, str] = {}
    for key in keys:
        if set(document[key]) != {"zh", "en"} or not all(document[key].values()):
            raise ValueError(f"{key} must have zh and en, and nothing else")
        found |= {f"{key}_{language}": str(text) for language, text in document[key].items()}
    return found


def _one_of(value: Any, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{value!r} is not one of {allowed}")
    return value
