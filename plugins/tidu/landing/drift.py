"""How a delivery's columns depart from its contract, and whether the contract lets it in.

What is looked at are headings; values only where a column is missing and another is there that nobody declared, to
tell which one was probably renamed. What values say about types and codes is noted after validation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz

from tidu.contracts.model import DatasetContract, Field
from tidu.errors import DeliveryRejected

ALIKE = 60.0
"""Likeness of two headings (0 to 100) from which one is probably the other: 企业名称 and 企业全称 have 75."""
FITTING = 0.95
"""Share of a column's values that must suit a field where the headings do not resemble each other."""
SAMPLE = 1000
"""Values looked at; a column that fits is seen in the first ones."""
MOST_EXTRAS = 100
"""With more undeclared columns a delivery is another table, and guessing would take long."""
SHAPES = {
    "integer": r"^\s*[-+]?[0-9]+\s*$",
    "decimal": r"^\s*[-+]?[0-9,]*\.?[0-9]+\s*(万元|万|元)?\s*$",
    "date": r"^\s*[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?\s*$",
    "month": r"^\s*[0-9]{4}-[0-9]{2}\s*$",
    "timestamp": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}",
}
"""What texts of a type look like; only to guess a renamed column, reading is the warehouse's."""
CODE_SHAPES = {"uscc": r"^\s*[0-9A-Z]{18}\s*$", "reg_no": r"^\s*[0-9]{15}\s*$"}


@dataclass(frozen=True)
class Columns:
    """The columns of one delivery, matched to the contract."""

    present: Sequence[str]
    """Fields in the order in which the delivery has them."""
    renamed: Mapping[str, str]
    """Field -> alias it was delivered under."""
    extras: Mapping[str, Any]
    """Undeclared heading -> its values, an Arrow array of text."""
    rows: int


def weigh(contract: DatasetContract, source: str, columns: Columns) -> dict[str, Any]:
    """Return what is noted in ops.delivery.drift about the columns.

    Raises DeliveryRejected, the same note with it, when the contract's policy keeps such a delivery out.
    """
    missing = [f for f in contract.fields if f.name not in columns.present]
    reordered = list(columns.present) != [name for name in contract.field_names if name in columns.present]
    drift: dict[str, Any] = {
        "extra": list(columns.extras),
        "missing": [f.name for f in missing],
        "reordered": reordered,
    }
    if columns.renamed:
        drift["renamed"] = [{"heading": alias, "field": name} for name, alias in columns.renamed.items()]
    guessed = probable_renames(missing, columns.extras)
    if guessed:
        drift["probable_renames"] = guessed
    if columns.rows == 0:
        drift["empty"] = True
    reasons = _reasons(contract, drift, missing)
    if reasons:
        raise DeliveryRejected(contract.name, source, "; ".join(reasons), contract.contact, drift)
    return drift


def _reasons(contract: DatasetContract, drift: Mapping[str, Any], missing: Sequence[Field]) -> list[str]:
    """Return why the contract's policy keeps the delivery out; nothing where it lets it in."""

    def refused(case: str) -> bool:
        return contract.drift.get(case) == "reject"

    guesses = {guess["field"]: guess["heading"] for guess in drift.get("probable_renames", ())}
    needed = [f for f in missing if refused("missingColumn") or f.required or f.key_position is not None]
    reasons = []
    if needed:
        named = (
            f"{f.heading} ({f.name})" + (f", probably renamed to {guesses[f.name]}" if f.name in guesses else "")
            for f in needed
        )
        reasons.append("required column missing: " + ", ".join(named))
    if drift["extra"] and refused("extraColumn"):
        reasons.append("column beyond the contract: " + ", ".join(drift["extra"]))
    if drift.get("renamed") and refused("renamedColumn"):
        pairs = (f"{r['heading']} for {contract.field(r['field']).heading}" for r in drift["renamed"])
        reasons.append("column under another heading: " + ", ".join(pairs))
    if drift["reordered"] and refused("reorderedColumn"):
        reasons.append("columns in another order than the contract's")
    return reasons


def probable_renames(missing: Sequence[Field], extras: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Pair missing fields with undeclared columns that probably are they: first by heading, then by values.

    Each field and column occurs once at most. Shape: {heading, field, by: name | values, likeness: 0 to 1}.
    """
    if len(extras) > MOST_EXTRAS:
        return []
    by_name = [(_likeness(heading, f) / 100, heading, f.name) for heading, f in product(extras, missing)]
    found = _best(by_name, ALIKE / 100, "name")
    taken = {guess["heading"] for guess in found} | {guess["field"] for guess in found}
    by_values = [
        (_fit(extras[heading], f), heading, f.name)
        for heading, f in product(extras, missing)
        if heading not in taken and f.name not in taken
    ]
    fitting = [pair for pair in by_values if pair[0] >= FITTING]
    # A column of dates may be any of two missing dates: then the values tell nothing.
    alone = [
        (score, heading, name)
        for score, heading, name in fitting
        if sum(h == heading for _, h, _ in fitting) == 1 and sum(n == name for _, _, n in fitting) == 1
    ]
    return found + _best(alone, FITTING, "values")


def _likeness(heading: str, field: Field) -> float:
    return max(fuzz.ratio(heading.casefold(), known.casefold()) for known in (field.heading, field.name))


def _fit(values: Any, field: Field) -> float:
    """Return the share of a column's first values that a field could hold; 0 for a field that could hold any text."""
    given = values.slice(0, SAMPLE).drop_null()
    code = next((CODE_SHAPES[kind] for kind in field.declared_rules if kind in CODE_SHAPES), None)
    shape = SHAPES.get(field.type, code)
    if not len(given) or not (field.values or shape):
        return 0.0
    suits = (
        pc.is_in(pc.utf8_trim_whitespace(given), value_set=pa.array(field.values, pa.string()))
        if field.values
        else pc.match_substring_regex(given, shape)
    )
    return float(pc.mean(pc.cast(suits, pa.int8())).as_py())


def _best(pairs: list[tuple[float, str, str]], least: float, by: str) -> list[dict[str, Any]]:
    """Take pairs from the most alike down, each heading and field once."""
    chosen: list[dict[str, Any]] = []
    for score, heading, name in sorted(pairs, key=lambda pair: (-pair[0], pair[1:])):
        used = {guess["heading"] for guess in chosen}, {guess["field"] for guess in chosen}
        if score >= least and heading not in used[0] and name not in used[1]:
            chosen.append({"heading": heading, "field": name, "by": by, "likeness": round(score, 2)})
    return chosen
