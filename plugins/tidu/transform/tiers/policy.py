"""One policy: the rule for a tier while it is in force, as policies/<tier>/<valid_from>.yml says it.

Whatever decides, stands in the file: gates (who may apply at all), criteria that all have to be met, a score of groups
of items, and conditions that do instead of the score. What no department delivers is `assumed`: listed, never deciding.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from tidu.contracts import contracts
from tidu.transform.tiers.conditions import PARTS, Comparison, Condition, Together, check_lever, condition, nested
from tidu.transform.tiers.inputs import Input, inputs
from tidu.transform.tiers.located import Located, read
from tidu.transform.tiers.scores import Case, Score, cases_of, full_marks, score_of

Kind = Literal["gate", "criterion", "score", "direct", "assumed"]
NAMED = ("code", "clause", "name")
LABELS = re.compile(r"FOUND(×\d+)?|RECALLED-(high|medium|low)|COMPUTED|MISSING")
"""How sure a number is: read in as many public sources, remembered, computed, or nowhere published."""
REGISTERED = ("科技型中小企业", "高新技术企业")
LEVELS = ("大企业", "高质量企业", "小微企业")
"""What policies are for beside the tiers of the register of titles: two registers, levels of the finance white list."""
KINDS: dict[Kind, str] = {"gate": "gates", "criterion": "criteria", "direct": "direct", "assumed": "assumed"}
BEFORE: tuple[Kind, ...] = ("gate", "criterion")
AFTER: tuple[Kind, ...] = ("direct", "assumed")
"""What stands before the score's items and after them."""
SKIPPED = "skipped"


@dataclass(frozen=True)
class Item:
    """One line of a policy that is looked at: what it asks, where it is written, who can change the answer."""

    code: str
    clause: str
    name: str
    kind: Kind
    condition: Condition | None = None
    cases: tuple[Case, ...] = ()
    """Of a score's item, the best first; the first that holds gives the points."""
    value_up_to: Decimal | None = None
    """Of a score's item whose points are its input's value: the most there are."""
    of: Input | None = None
    """The input a score's bands are cut from."""
    group: str = ""
    lever: str | None = None
    """Who changes the answer when it is known and short; without it the enterprise."""
    renewal: Condition | Literal["skipped"] | None = None
    """What a re-check asks instead."""
    needs: str = ""
    """Of what is assumed: which data would make it a fact."""
    label: str = ""
    """How sure its numbers are, where that is not how sure the document's are."""

    @property
    def assumed(self) -> bool:
        """Whether no department delivers what it asks for."""
        return bool(self.needs)

    def comparisons(self) -> Iterator[Comparison]:
        """Yield every comparison it makes."""
        if self.condition is not None:
            yield from self.condition
        for case in self.cases:
            if case.condition is not None:
                yield from case.condition

    @property
    def used(self) -> tuple[Input, ...]:
        """The inputs it looks at, in order, each once."""
        found = {c.input.name: c.input for c in self.comparisons()}
        if self.of is not None:
            found.setdefault(self.of.name, self.of)
        return tuple(found.values())

    @property
    def most(self) -> Decimal | None:
        """The most points it gives; None for what gives none."""
        return full_marks(self.cases, self.value_up_to) if self.kind == "score" else None

    @property
    def threshold(self) -> str:
        """What it asks, as a clerk reads it; of a score's item, what its best case asks."""
        if self.needs:
            return self.needs
        if self.condition is not None:
            return self.condition.text
        best = self.cases[0].condition if self.cases else None
        return best.text if best is not None else f"{self.of.zh if self.of else self.name}（最高 {self.most} 分）"


@dataclass(frozen=True)
class Policy:
    """The rule for a tier while it is in force."""

    file: Path
    tier: str
    name: str
    """Its version, without the ending that says draft."""
    document: Mapping[str, Any]
    valid_from: dt.date
    valid_to: dt.date | None
    is_draft: bool
    items: tuple[Item, ...]
    """Gates, criteria, the score's items, direct conditions, what is assumed: in this order."""
    score: Score | None

    @property
    def version(self) -> str:
        """Its version as results bear it; what rests on assumptions beyond the common gates is a draft."""
        return f"{self.name}-draft" if self.is_draft else self.name

    def in_force(self, day: dt.date) -> bool:
        """Tell whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def renewed(self) -> Policy:
        """Return what a re-check of its holders asks, under a version of its own."""
        asked = tuple(
            replace(item, condition=item.renewal) if isinstance(item.renewal, Comparison | Together) else item
            for item in self.items
            if item.renewal != SKIPPED
        )
        return replace(self, name=f"{self.name}-renewal", items=asked)

    def of_any_kind(self) -> tuple[Item, ...]:
        """Return its items that decide, in order; what is assumed decides nothing."""
        return tuple(item for item in self.items if not item.assumed)


def read_policy(file: Path, known: Mapping[str, Input] | None = None) -> Policy:
    """Return the policy of a file. Raises PolicyError with file, line and reason."""
    known = inputs() if known is None else known
    found = read(file)
    found.expect(
        ("tier", "version", "document", "valid_from"),
        ("status", "valid_to", "gates", "criteria", "score", "direct", "assumed"),
    )
    _check_cited(found)
    if found["tier"] not in known_tiers():
        found.refuse(f"the tier {found['tier']} is not known; there are {'、'.join(known_tiers())}")
    for key in ("valid_from", "valid_to"):
        if found.get(key) is not None and not isinstance(found[key], dt.date):
            found.refuse(f"`{key}` has to be a date, YYYY-MM-DD")
    if found.get("valid_to") is not None and found["valid_to"] <= found["valid_from"]:
        found.refuse("`valid_to`, the first day it is not in force any more, has to lie after `valid_from`")
    if found["valid_from"].isoformat() != file.stem:
        found.refuse(f"the file is named by the first day in force, {found['valid_from']}")
    score = score_of(found)
    items = [
        *_items(found, BEFORE, known),
        *(_scored(entry, group, known) for group, entry in (score.entries if score else ())),
        *_items(found, AFTER, known),
    ]
    _check_codes(found, score)
    if not any(item.kind in ("criterion", "score") for item in items if not item.assumed):
        found.refuse("nothing in it decides: criteria or a score are needed")
    draft = found.get("status") == "draft" or any(i.kind == "assumed" for i in items)
    return Policy(
        file, found["tier"], found["version"], found["document"], found["valid_from"], found.get("valid_to"),
        draft, tuple(items), score,
    )  # fmt: skip


def _items(policy: Located, kinds: tuple[Kind, ...], known: Mapping[str, Input]) -> Iterator[Item]:
    for kind in kinds:
        for entry in policy.items_of(KINDS[kind]):
            yield _item(entry, kind, known)


def _check_cited(found: Located) -> None:
    document = found["document"]
    if not isinstance(document, Located):
        found.refuse("`document` says which one, by name, number, part and label")
    document.expect(("name", "number", "part", "label"))
    _label(document)


def _label(entry: Located) -> str:
    """Return how sure an entry's numbers are said to be; refuse a word that is not known."""
    label = entry.get("label", "")
    if "label" in entry and not (isinstance(label, str) and LABELS.fullmatch(label)):
        entry.refuse(
            f"the label {label} is not known; there are FOUND, FOUND×n, RECALLED-high, RECALLED-medium,"
            " RECALLED-low, COMPUTED, MISSING"
        )
    return str(label)


def known_tiers() -> tuple[str, ...]:
    """Return what a policy may be for: tiers of the register of titles, two registers, levels of the white list."""
    (tier,) = [field for field in contracts()["mi_tier_holder"].fields if field.name == "tier"]
    return (*tier.values, *REGISTERED, *LEVELS)


def _check_codes(found: Located, score: Score | None) -> None:
    """Refuse a code given twice: criteria, gaps and reports name items by it."""
    entries = [entry for key in KINDS.values() for entry in found.items_of(key)]
    entries += [entry for _, entry in score.entries] if score else []
    seen: set[str] = set()
    for entry in sorted(entries, key=lambda e: e.line):
        if str(entry["code"]) in seen:
            entry.refuse(f"the code {entry['code']} is given twice")
        seen.add(str(entry["code"]))


def _item(entry: Located, kind: Kind, known: Mapping[str, Input]) -> Item:
    if kind == "assumed":
        entry.expect((*NAMED, "needs"), ("label",))
        return Item(
            str(entry["code"]), entry["clause"], entry["name"], kind, needs=entry["needs"], label=_label(entry)
        )  # fmt: skip
    if "assumed" in entry:
        if kind != "gate":
            entry.refuse("what is assumed beyond the common gates stands under `assumed`, with what it needs")
        entry.expect((*NAMED, "assumed"), ("label",))
        return Item(
            str(entry["code"]), entry["clause"], entry["name"], kind, needs=entry["assumed"], label=_label(entry)
        )  # fmt: skip
    entry.expect(NAMED, (*PARTS, "lever", "on_renewal", "label"))
    check_lever(entry)
    renewal = entry.get("on_renewal")
    return Item(
        str(entry["code"]), entry["clause"], entry["name"], kind, condition(entry, known), lever=entry.get("lever"),
        renewal=nested(renewal, known) if isinstance(renewal, Located) else _skipped(entry, renewal),
        label=_label(entry),
    )  # fmt: skip


def _skipped(entry: Located, renewal: Any) -> Literal["skipped"] | None:
    if renewal not in (None, SKIPPED):
        entry.refuse(f"`on_renewal` is either `{SKIPPED}` or what is asked instead")
    return "skipped" if renewal else None


def _scored(entry: Located, group: str, known: Mapping[str, Input]) -> Item:
    entry.expect(NAMED, ("input", "bands", "cases", "points_are_value", "lever", "label"))
    check_lever(entry)
    of, cases, value_up_to = cases_of(entry, known)
    return Item(
        str(entry["code"]), entry["clause"], entry["name"], "score", cases=cases, value_up_to=value_up_to, of=of,
        group=group, lever=entry.get("lever"), label=_label(entry),
    )  # fmt: skip
