"""Which items of a rule answer for a verdict that is another one than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tidu.transform.tiers.policy import Policy
from tidu.transform.tiers.standings import Standing, standings


def answering(rules: tuple[Policy, Policy], patterns: tuple[str, str], after: str) -> tuple[str, ...]:
    """Return the codes of the items that answer for a verdict, by the rule and pattern before and after.

    Under one rule those that came out otherwise. Between two rules what kept the verdict from being met: by the rule
    before of who meets the one after, else by the rule after; without what came out the same under a code of the other
    rule, unless that is all there is.
    """
    before, now = (standings(rule, pattern) for rule, pattern in zip(rules, patterns, strict=True))
    if rules[0].version == rules[1].version:
        return tuple(b.item.code for b, n in zip(before, now, strict=False) if _told(b) != _told(n))
    blamed, other = (before, now) if after == "met" else (now, before)
    short = list(_short(rules[0] if after == "met" else rules[1], blamed))
    same = {s.item.code: _told(s) for s in other}
    changed = [s for s in short if same.get(s.item.code) != _told(s)]
    return tuple(s.item.code for s in changed or short)


def _told(s: Standing) -> tuple[str, Decimal, Decimal]:
    return s.answer, s.least, s.most


def _short(policy: Policy, found: Sequence[Standing]) -> Iterator[Standing]:
    """Yield what is not met, or not known to be; of a score what keeps its sum or that of a group below its bound."""
    scored = [s for s in found if s.item.kind == "score"]
    lacking = set() if any(s.item.kind == "direct" and s.answer == "t" for s in found) else _groups(policy, scored)
    for s in found:
        asked = s.item.kind in ("gate", "criterion") or (s.item.kind == "score" and s.item.group in lacking)
        if asked and s.answer != "t":
            yield s


def _groups(policy: Policy, scored: Sequence[Standing]) -> set[str]:
    """Return the groups of a score whose items are too low: all of them where the whole sum is."""
    if policy.score is None or not scored:
        return set()
    if sum(s.least for s in scored) < policy.score.at_least:
        return {s.item.group for s in scored}
    asked = {group.code: group.at_least for group in policy.score.groups if group.at_least is not None}
    return {
        code
        for code, at_least in asked.items()
        if sum((s.least for s in scored if s.item.group == code), Decimal(0)) < at_least
    }
