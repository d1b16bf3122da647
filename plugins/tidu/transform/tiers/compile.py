"""Policies as SQL: one statement finds verdict, bounds of the score and pattern of every enterprise for every policy.

A pattern says what became of every item that decides, in the policy's order: t, f or u of what is asked, the points of
what is scored (`15`, or `0-20` while its input is unknown). Where a gate fails for certain it says the gates alone. All
enterprises of one pattern are in the same position, so what they lack is worked out once for each pattern.
"""

# ruff: noqa: S608 - SQL is composed from the repository's own policies

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tidu.transform.tiers.inputs import Input, inputs
from tidu.transform.tiers.policy import Item, Policy

INPUT = "intermediate.int_tier__input"
AS_OF = "as_of"
"""The input that is another one every day."""
ARGUMENTS = 40
"""Pairs a call that makes a JSON object takes; a function takes a hundred arguments."""


@dataclass
class _Level:
    """Columns of one level of the statement; the same expression stands there once."""

    prefix: str
    columns: dict[str, str] = field(default_factory=dict)

    def named(self, sql: str) -> str:
        """Return the name of the column of an expression."""
        return self.columns.setdefault(sql, f"{self.prefix}{len(self.columns)}")

    def listed(self) -> str:
        """Return the select list; empty where there is nothing."""
        return "".join(f",\n        {sql} as {name}" for sql, name in self.columns.items())


def standing_sql(policies: Sequence[Policy], holders_only: Sequence[bool] = ()) -> str:
    """Return a select of (enterprise_id, verdicts, score_min, score_max, patterns, observed).

    Grain: one row per assessed enterprise; the arrays follow the policies. Null where a policy asks holders of its tier
    only and the enterprise holds none. `observed` is every input the policies look at, by name; what grows from day to
    day is left out and what it grows from told: else everyone's row would be new every day. Unknown stays unknown only
    where the outcome can still turn; the bounds of a score take unknown inputs as independent.

    Levels, so that nothing is computed twice: inputs, items, what opens and the sums, verdicts.
    """
    only = [*holders_only, *[False] * (len(policies) - len(holders_only))]
    measured = {found.name: found for policy in policies for item in policy.of_any_kind() for found in item.used}
    bases = {base for found in measured.values() if AS_OF in found.bases for base in found.bases}
    measured = {base: inputs()[base] for base in sorted(bases - {AS_OF})} | measured
    asked, summed = _Level("k"), _Level("s")
    parts = [_Rule(policy, asked, summed) for policy in policies]
    guards = [
        f"{_text(policy.tier)} = any(held_tiers)" if holders else ""
        for policy, holders in zip(policies, only, strict=True)
    ]
    columns = "".join(f",\n        {found.sql} as {name}" for name, found in measured.items())
    kept = ", ".join(["enterprise_id", "held_tiers", "observed"])
    return f"""
select enterprise_id,
    array[{_each(parts, guards, "verdict")}]::text[] as verdicts,
    array[{_each(parts, guards, "least")}]::numeric[] as score_min,
    array[{_each(parts, guards, "most")}]::numeric[] as score_max,
    array[{_each(parts, guards, "pattern")}]::text[] as patterns,
    observed
from (
    select {kept}{"".join(", " + name for name in asked.columns.values())}{summed.listed()}
    from (
        select m.enterprise_id, m.held_tiers, {_observed(list(measured.values()))} as observed{asked.listed()}
        from (
            select i.enterprise_id, i.held_tiers{columns}
            from {INPUT} as i
            offset 0
        ) as m
        offset 0
    ) as asked
    offset 0
) as summed"""


def finding_sql(policy: Policy) -> str:
    """Return a select of tier, policy_version, enterprise_id, verdict, score_min, score_max, pattern by one policy."""
    return f"""
select {_text(policy.tier)} as tier, {_text(policy.version)} as policy_version, enterprise_id, verdicts[1] as verdict,
    score_min[1] as score_min, score_max[1] as score_max, patterns[1] as pattern
from ({standing_sql([policy])}) as standing"""


class _Rule:
    """The expressions of one policy, over the columns of the levels below."""

    def __init__(self, policy: Policy, asked: _Level, summed: _Level) -> None:
        self._policy = policy
        self._tokens: list[tuple[Item, str]] = []
        bounds: list[tuple[Item, str, str]] = []
        answers: list[tuple[Item, str]] = []
        for item in policy.of_any_kind():
            if item.kind == "score":
                least, most = (asked.named(sql) for sql in _points(item))
                bounds.append((item, least, most))
                span = f"case when {least} < {most} then '-' || trim_scale({most}::numeric) else '' end"
                self._tokens.append((item, f"trim_scale({least}::numeric) || {span}"))
            elif item.condition is not None:
                name = asked.named(item.condition.sql)
                answers.append((item, name))
                self._tokens.append((item, f"coalesce(left({name}::text, 1), 'u')"))
        self._opened = summed.named(_joined(answers, "gate", " and ", "true"))
        self._criteria = _joined(answers, "criterion", " and ", "true")
        self._direct = _joined(answers, "direct", " or ", "false")
        self._bounds = bounds
        self._sums = [summed.named(_sum(bounds, place)) for place in (1, 2)] if bounds else []

    @property
    def verdict(self) -> str:
        passes = f"({self._opened} and {self._criteria} and {self._suffices()})"
        return f"case {passes} when true then 'met' when false then 'not_met' else 'unknown' end"

    @property
    def least(self) -> str:
        return f"case when {self._opened} is not false then {self._sums[0]} end" if self._sums else "null"

    @property
    def most(self) -> str:
        return f"case when {self._opened} is not false then {self._sums[1]} end" if self._sums else "null"

    @property
    def pattern(self) -> str:
        whole = ", ".join(token for _, token in self._tokens)
        gates = ", ".join(token for item, token in self._tokens if item.kind == "gate") or "''"
        return f"case when {self._opened} is not false then concat_ws(' ', {whole}) else concat_ws(' ', {gates}) end"

    def _suffices(self) -> str:
        """Return whether the score suffices, or one of the conditions that do instead."""
        score = self._policy.score
        if score is None:
            return "true"
        asked = [(f"{score.at_least:f}", *self._sums)]
        for group in score.groups:
            if group.at_least is not None:
                mine = [b for b in self._bounds if b[0].group == group.code]
                asked.append((f"{group.at_least:f}", _sum(mine, 1), _sum(mine, 2)))
        enough = " and ".join(f"{least} >= {points}" for points, least, _ in asked)
        short = " or ".join(f"{most} < {points}" for points, _, most in asked)
        return f"(case when {enough} then true when {short} then false end or {self._direct})"


def _each(rules: Sequence[_Rule], guards: Sequence[str], what: str) -> str:
    """Return one expression of every rule, guarded where a rule asks holders only."""
    return ",\n        ".join(
        f"case when {guard} then {getattr(rule, what)} end" if guard else getattr(rule, what)
        for rule, guard in zip(rules, guards, strict=True)
    )


def _points(item: Item) -> tuple[str, str]:
    """Return the least and the most points an item can give."""
    if item.value_up_to is not None and item.of is not None:
        # greatest and least pass over what is null, so the unknown value is replaced within them
        least, most = (
            f"greatest(least(coalesce(m.{item.of.name}, {unknown}), {item.value_up_to:f}), 0)"
            for unknown in ("0", f"{item.value_up_to:f}")
        )
        return least, most
    cases = [(case.condition.sql if case.condition is not None else "true", case.points) for case in item.cases]
    least = " ".join(f"when {sql} then {points:f}" for sql, points in cases)
    most = " ".join(f"when {sql} is not false then {points:f}" for sql, points in cases)
    return f"case {least} end", f"case {most} end"


def _joined(answers: Sequence[tuple[Item, str]], kind: str, word: str, nothing: str) -> str:
    return "(" + (word.join(name for item, name in answers if item.kind == kind) or nothing) + ")"


def _sum(bounds: Sequence[tuple[Item, str, str]], place: int) -> str:
    return "(" + " + ".join(str(bound[place]) for bound in bounds) + ")"


def _observed(used: Sequence[Input]) -> str:
    names = sorted(found.name for found in used if AS_OF not in found.bases)
    parts = [names[start : start + ARGUMENTS] for start in range(0, len(names), ARGUMENTS)]
    return " || ".join(
        "jsonb_build_object(" + ", ".join(f"{_text(name)}, m.{name}" for name in part) + ")" for part in parts
    )


def aged_sql(known: Iterable[Input]) -> str:
    """Return the function that adds what grows from day to day to what was observed, as of a business date."""
    aging = [found for found in known if AS_OF in found.bases and found.name != AS_OF]
    bases = sorted({base for found in aging for base in found.bases} - {AS_OF})
    columns = ", ".join(f"(observed ->> {_text(base)})::date as {base}" for base in bases)
    told = ", ".join(f"{_text(found.name)}, {found.sql}" for found in aging)
    return f"""
create or replace function mart.tier_aged(observed jsonb, as_of date) returns jsonb language sql stable
return (select observed || jsonb_build_object({told}) from (select {columns}, as_of as as_of) as i)"""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
