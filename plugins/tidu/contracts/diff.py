"""What changed between two versions of a contract, and whom each change breaks.

Breaking means: a delivery that kept the old contract may be refused or lose rows under the new one, or a reader of the
old one meets what it was promised not to meet. One thing is promised to nobody: that a code list does not grow.
Whatever no rule here calls compatible counts as breaking, so that a property contracts gain one day is not let through
unseen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tidu.contracts.model import DatasetContract, Field

CADENCES = ("daily", "weekly", "monthly", "yearly", "irregular")
"""From the promise that binds most to the one that binds least."""
SEVERITIES = ("report", "warn", "stop")
SECRECY = ("public", "internal", "restricted")


@dataclass(frozen=True)
class Change:
    """One change of a contract."""

    what: str
    """Where: `contract`, or the name of a field."""
    change: str
    breaking: bool
    why: str


@dataclass(frozen=True)
class Comparison:
    """Every change from one version of a contract to another, and whether the version number says so."""

    old_version: str
    new_version: str
    changes: tuple[Change, ...]

    @property
    def breaking(self) -> bool:
        """Whether any change breaks somebody."""
        return any(change.breaking for change in self.changes)

    @property
    def announced(self) -> bool:
        """Whether a breaking change comes with a higher major version; true where nothing breaks."""
        return not self.breaking or _major(self.new_version) > _major(self.old_version)


def compare(old: DatasetContract, new: DatasetContract) -> Comparison:
    """Return every change from `old` to `new`, changes of the whole contract first, then field by field."""
    return Comparison(old.version, new.version, (*_of_contract(old, new), *_of_fields(old, new)))


def _of_contract(old: DatasetContract, new: DatasetContract) -> Iterator[Change]:
    for attribute in dataclasses.fields(DatasetContract):
        before, after = getattr(old, attribute.name), getattr(new, attribute.name)
        if before == after or attribute.name in ("version", "fields", "drift"):
            continue
        judge = CONTRACT_RULES.get(attribute.name, _unknown)
        breaking, why = judge(before, after)
        yield Change("contract", f"{attribute.name}: {before} -> {after}", breaking, why)
    for case in sorted({*old.drift, *new.drift}):
        before, after = old.drift.get(case), new.drift.get(case)
        if before != after:
            refuses = after == "reject"
            why = "deliveries that were taken are refused" if refuses else "more deliveries are taken"
            yield Change("contract", f"drift.{case}: {before} -> {after}", refuses, why)
    if old.key != new.key:
        change = f"key: {', '.join(old.key)} -> {', '.join(new.key)}"
        yield Change("contract", change, True, "other rows are the same row; every source key changes")


def _of_fields(old: DatasetContract, new: DatasetContract) -> Iterator[Change]:
    before, after = {f.name: f for f in old.fields}, {f.name: f for f in new.fields}
    gone = [f for f in old.fields if f.name not in after]
    added = [f for f in new.fields if f.name not in before]
    for field in gone:
        successor = next((f for f in added if f.heading == field.heading), None)
        if successor is not None:
            added.remove(successor)
            yield Change(field.name, f"renamed to {successor.name}", True, "readers look for the old name")
            yield from _of_field(field, successor)
        else:
            yield Change(field.name, "removed", True, "readers miss it; what is delivered of it is undeclared")
    for field in added:
        yield _addition(field, new)
    kept = [name for name in before if name in after]
    for name in kept:
        yield from _of_field(before[name], after[name])
    if kept != [name for name in after if name in before]:
        refuses = new.drift.get("reorderedColumn") == "reject"
        why = "columns in the old order are refused" if refuses else "columns are found by heading"
        yield Change("contract", "order of fields", refuses, why)


def _addition(field: Field, contract: DatasetContract) -> Change:
    if field.required or field.key_position is not None:
        return Change(field.name, "added, required", True, "deliveries without it are refused")
    if contract.drift.get("missingColumn") == "reject":
        return Change(field.name, "added", True, "the contract refuses deliveries that lack a column")
    return Change(field.name, "added, optional", False, "deliveries without it are taken; readers do not know it")


def _of_field(old: Field, new: Field) -> Iterator[Change]:
    for attribute in dataclasses.fields(Field):
        before, after = getattr(old, attribute.name), getattr(new, attribute.name)
        # the key is compared as a whole, and so are names
        if before == after or attribute.name in ("name", "key_position"):
            continue
        if attribute.name in SETS:
            yield from SETS[attribute.name](old, new)
            continue
        judge = _heading(new) if attribute.name == "heading" else FIELD_RULES.get(attribute.name, _unknown)
        breaking, why = judge(before, after)
        yield Change(old.name, f"{attribute.name}: {_shown(before)} -> {_shown(after)}", breaking, why)


def _values(old: Field, new: Field) -> Iterator[Change]:
    if not old.values:
        yield Change(old.name, f"code list given: {', '.join(new.values)}", True, "other values are quarantined")
        return
    if not new.values:
        yield Change(old.name, "code list dropped", True, "readers meet values outside the list")
        return
    for value in (v for v in old.values if v not in new.values):
        yield Change(old.name, f"code {value} removed", True, "rows that bear it are quarantined")
    for value in (v for v in new.values if v not in old.values):
        yield Change(old.name, f"code {value} added", False, "rows that bore it were quarantined until now")
    if set(old.values) == set(new.values):
        yield Change(old.name, "order of codes", False, "the list is the same")


def _declared_rules(old: Field, new: Field) -> Iterator[Change]:
    for rule in (r for r in new.declared_rules if r not in old.declared_rules):
        yield Change(old.name, f"rule {rule} added", True, "rows that break it are quarantined")
    for rule in (r for r in old.declared_rules if r not in new.declared_rules):
        yield Change(old.name, f"rule {rule} removed", True, "readers meet values the rule kept out")
    if set(old.declared_rules) == set(new.declared_rules):
        yield Change(old.name, "order of rules", False, "the rules are the same")


def _aliases(old: Field, new: Field) -> Iterator[Change]:
    for alias in (a for a in new.aliases if a not in old.aliases):
        yield Change(old.name, f"alias {alias} added", False, "more deliveries are understood")
    for alias in (a for a in old.aliases if a not in new.aliases):
        known = alias in (new.heading, new.name)
        why = "it is the field's own heading now" if known else "a column under this heading is undeclared again"
        yield Change(old.name, f"alias {alias} removed", not known, why)
    if set(old.aliases) == set(new.aliases):
        yield Change(old.name, "order of aliases", False, "the aliases are the same")


Judge = Callable[[Any, Any], tuple[bool, str]]


def _unknown(before: Any, after: Any) -> tuple[bool, str]:
    return True, "no rule says that this breaks nobody"


def _always(why: str) -> Judge:
    return lambda before, after: (True, why)


def _told(before: Any, after: Any) -> tuple[bool, str]:
    return False, "it tells people something and decides nothing"


def _heading(new: Field) -> Judge:
    def judge(before: str, after: str) -> tuple[bool, str]:
        if before in new.aliases:
            return False, "the old heading is an alias"
        return True, "a column under the old heading is undeclared; list it among the aliases"

    return judge


def _required(before: bool, after: bool) -> tuple[bool, str]:
    return True, "rows without it are quarantined" if after else "readers meet rows without it"


def _minimum(before: int | None, after: int | None) -> tuple[bool, str]:
    higher = after is not None and (before is None or after > before)
    return True, "smaller values are quarantined" if higher else "readers meet smaller values than were promised"


def _ranked(order: tuple[str, ...], more: str, less: str) -> Judge:
    """Judge a step along an order: breaking when it goes up."""
    return lambda before, after: (True, more) if order.index(after) > order.index(before) else (False, less)


def _number(more: tuple[bool, str], less: tuple[bool, str]) -> Judge:
    return lambda before, after: more if (after or 0) > (before or 0) else less


CONTRACT_RULES: dict[str, Judge] = {
    **dict.fromkeys(("heading", "description", "usage", "owner", "contact"), _told),
    "name": _always("it is another dataset"),
    "department": _always("another department answers for it"),
    "mode": _always("a delivery means something else: whole set, changes, or facts that only grow"),
    "transport": _always("deliveries are fetched from elsewhere, and values may be read in another way"),
    "cadence": _ranked(CADENCES, "readers get it less often", "readers get it more often"),
    "latency_days": _number(
        (True, "readers wait longer before it counts as late"), (False, "it counts as late sooner")
    ),
    "row_rule_severity": _ranked(SEVERITIES, "whole deliveries are kept out", "fewer deliveries are kept out"),
    "type_share": _told,
    "correction_days": _number((False, "more time to correct"), (True, "less time to correct")),
    "shrink_limit": _number(
        (False, "fewer snapshots wait for a decision"), (False, "more snapshots wait for a decision")
    ),
}
FIELD_RULES: dict[str, Judge] = {
    **dict.fromkeys(("description", "standard", "often_empty"), _told),
    "type": _always("values are read and stored as another type"),
    "unit": _always("the same number means another amount"),
    "required": _required,
    "minimum": _minimum,
    "classification": _ranked(SECRECY, "readers may lose access", "more readers may see it"),
}
SETS: dict[str, Callable[[Field, Field], Iterator[Change]]] = {
    "values": _values,
    "declared_rules": _declared_rules,
    "aliases": _aliases,
}


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _major(version: str) -> int:
    """Return the first number of a version; -1 where there is none, so that it announces nothing."""
    first = version.partition(".")[0]
    return int(first) if first.isdecimal() else -1
