"""What linkage is held to: reads and checks policies/linkage.yml and the labelled pairs it names."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from tidu.errors import DecisionRefused, PolicyError
from tidu.identity.parties import Party, party_of
from tidu.settings import PROJECT_ROOT

POLICY = PROJECT_ROOT / "policies" / "linkage.yml"
MEASURES = (
    "precision", "recall", "precision_before_review", "recall_before_review", "size_drift", "tied_drop",
    "several_codes", "several_names", "several_cities",
)  # fmt: skip
"""Measures that may be bounded."""
HEADINGS = ["left", "right", "same"]
SAME = {"yes": True, "no": False, "是": True, "否": False}


@dataclass(frozen=True)
class Bound:
    """Between which values a measure has to lie; None: no bound on that side."""

    metric: str
    lowest: Decimal | None
    highest: Decimal | None


@dataclass(frozen=True)
class Label:
    """One pair of parties of which somebody knows whether they are one enterprise."""

    left: Party
    right: Party
    same: bool


@dataclass(frozen=True)
class LinkagePolicy:
    """The bounds of linkage, and the labelled pairs it is measured on."""

    bounds: tuple[Bound, ...]
    labels: tuple[Label, ...]


def linkage_policy(path: Path | None = None) -> LinkagePolicy:
    """Read the policy and its labels. Raises PolicyError naming file and fault."""
    path = path or POLICY
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyError(f"{path}: {error}") from error
    wanted = {"labels", "bounds", "comparable_growth", "least_enterprises"}
    if not isinstance(document, dict) or set(document) != wanted:
        raise PolicyError(f"{path}: expected the keys {', '.join(sorted(wanted))}")
    try:
        bounds = tuple(_bound(name, sides) for name, sides in document["bounds"].items())
        files = [path.parent.parent / name for name in document["labels"] or ()]
        bounds += (
            Bound("comparable_growth", None, _number(document["comparable_growth"])),
            Bound("least_enterprises", _number(document["least_enterprises"]), None),
        )
    except (AttributeError, TypeError, ValueError, InvalidOperation) as error:
        raise PolicyError(f"{path}: {error}") from error
    labels: dict[tuple[Party, Party], Label] = {}
    for file in files:
        for label in read_labels(file):
            pair = (label.left, label.right)
            if labels.setdefault(pair, label) != label:
                raise PolicyError(f"{file}: {label.left} and {label.right} are labelled both ways")
    return LinkagePolicy(bounds, tuple(labels.values()))


def read_labels(path: Path) -> list[Label]:
    """Read a CSV of labelled pairs (left, right, same). Raises PolicyError naming file and line."""
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            if next(reader, None) != HEADINGS:
                raise PolicyError(f"{path}: the first line must be {','.join(HEADINGS)}")
            for cells in reader:
                if len(cells) != len(HEADINGS) or cells[2] not in SAME:
                    raise PolicyError(f"{path}, line {reader.line_num}: expected two parties and yes or no")
                left, right = sorted((party_of(cells[0]), party_of(cells[1])), key=str)
                if left == right:
                    raise PolicyError(f"{path}, line {reader.line_num}: {left} is paired with itself")
                found.append(Label(left, right, SAME[cells[2]]))
    except (OSError, UnicodeDecodeError, csv.Error, DecisionRefused) as error:
        raise PolicyError(f"{path}: {error}") from error
    return found


def _bound(metric: str, sides: Any) -> Bound:
    if metric not in MEASURES:
        raise ValueError(f"{metric} is no measure; there are {', '.join(MEASURES)}")
    if not isinstance(sides, dict) or not sides or not set(sides) <= {"lowest", "highest"}:
        raise ValueError(f"{metric} needs lowest, highest or both")
    lowest, highest = (_number(sides[side]) if side in sides else None for side in ("lowest", "highest"))
    if lowest is not None and highest is not None and lowest > highest:
        raise ValueError(f"{metric}: lowest is above highest")
    return Bound(metric, lowest, highest)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    number = Decimal(str(value))
    if not number.is_finite() or number < 0:
        raise ValueError(f"{value!r} is no bound")
    return number
