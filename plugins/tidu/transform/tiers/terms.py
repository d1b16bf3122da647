"""What a policy's items, patterns and gaps look like in JSON: told once per pattern, the same for all its enterprises.

Values and source rows are each enterprise's own; the views add them where `inputs` and `groups` say which.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tidu.transform.tiers.conditions import BOUNDS, Comparison, Condition
from tidu.transform.tiers.gaps import failing, gaps
from tidu.transform.tiers.policy import Item, Policy
from tidu.transform.tiers.standings import Gap, Standing, standings

VERDICTS = {"t": "met", "f": "not_met", "u": "unknown"}
Told = list[dict[str, Any]]


def told(policy: Policy, pattern: str) -> tuple[Told, Told]:
    """Return criteria and gaps of a pattern; where a gate fails for certain the criteria are the gates alone."""
    found = standings(policy, pattern)
    answered = {s.item.code: s for s in found}
    whole = len(found) == sum(not item.assumed for item in policy.items)
    shown = [i for i in policy.items if i.code in answered or (i.assumed and (whole or i.kind == "gate"))]
    return [_criterion(i, answered.get(i.code)) for i in shown], [_gap(g) for g in gaps(policy, found)]


def failings(policy: Policy, pattern: str) -> Told:
    """Return what holders of a pattern would fail for certain; what a draft finds says that it is a draft's."""
    return [{**_gap(g), "is_draft": policy.is_draft} for g in failing(policy, standings(policy, pattern))]


def _criterion(item: Item, standing: Standing | None) -> dict[str, Any]:
    scored = standing if item.kind == "score" else None
    return {
        "code": item.code,
        "kind": item.kind,
        "clause": item.clause,
        "name": item.name,
        "verdict": VERDICTS[standing.answer] if standing is not None else "assumed",
        "threshold": threshold(item),
        "points": number(scored.least) if scored and scored.least == scored.most else None,
        "points_min": number(scored.least) if scored else None,
        "points_max": number(scored.most) if scored else None,
        "max_points": number(item.most),
        "inputs": [found.name for found in item.used],
        "groups": groups(item),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    told = {
        "code": gap.item.code,
        "name": gap.item.name,
        "need": need(gap.asked),
        "points": number(gap.points),
        "verdict": VERDICTS[gap.answer],
        "capped": gap.capped,
        "complete": gap.complete,
        "parts": _parts(gap),
    }
    # what does instead of the score says what it does instead of
    return {**told, "ordinary": list(gap.ordinary)} if gap.ordinary else told


def _parts(gap: Gap) -> Told:
    """Return the comparisons of a gap: what each needs, who changes it when it is known, who supplies it when not."""
    return [
        {
            "input": c.input.name,
            "test": c.test,
            "need": number(c.value) if c.test in BOUNDS else list(c.value) if c.test == "in" else c.value,
            "lever": c.lever or gap.item.lever or "enterprise",
            "supplier": c.input.lever,
        }
        for c in gap.asked
    ]


def threshold(item: Item) -> Any:
    """Return what an item asks: a number in its input's unit where it asks one thing alone, else a text."""
    if item.condition is not None:
        return need(item.condition)
    best = item.cases[0].condition if item.cases else None
    return need(best) if best is not None and not item.needs else item.threshold


def need(asked: Condition) -> Any:
    """Return what a condition asks for, as a number, a truth value or a text."""
    if isinstance(asked, Comparison):
        if asked.test in BOUNDS:
            return number(asked.value)
        if isinstance(asked.value, bool):
            return asked.value if asked.test == "is" else not asked.value
        if asked.test == "is":
            return asked.value
    return asked.text


def number(value: Decimal | None) -> int | float | None:
    """Return a decimal as JSON has it."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def groups(item: Item) -> list[str]:
    """Return the groups of source rows an item's inputs come from."""
    return list(dict.fromkeys(group for found in item.used for group in found.evidence))
