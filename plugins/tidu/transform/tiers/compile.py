"""Policies as SQL: one statement finds verdict, bounds of the score and pattern of every enterprise for every policy.

A pattern says what became of every item that decides, in the policy's order: t, f or u of what is asked, the points of
what is scored (`15`, or `0-20` while its input is unknown). Where a gate fails for certain it says the gates alone. All
enterprises of one pattern are in the same position, so what they lack is worked out once for each pattern.
"""

# ruff: noqa: S608 - SQL is composed from the repository's own policies

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tidu.transform.tiers.inputs import SQL_TYPES, Input, inputs
from tidu.transform.tiers.policy import Item, Policy

INPUT = "intermediate.int_tier__input"
AS_OF = "as_of"
"""The input that is another one every day."""
KEPT_AS = {"flags": "boolean", "numbers": "numeric", "words": "text"}
"""What an enterprise was judged by is kept in three arrays; by column, the type of their elements."""


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


def observed_names(policies: Sequence[Policy]) -> dict[str, tuple[str, ...]]:
    """Return the inputs that are kept with an enterprise, by the column of the array they stand in, in order.

    Kept is what policies look at and what they compute it from, but not what follows from both: mart.tier_measured adds
    that. The business date is left out: with it, or what grows from day to day, everyone's row would be new every day.
    """
    used = {found for policy in policies for item in policy.of_any_kind() for found in item.used}
    floors = {found.least for found in used if found.least is not None}
    bases = sorted({base for found in used | floors for base in found.bases} - {AS_OF})
    placed: dict[str, tuple[str, ...]] = {column: () for column in KEPT_AS}
    for base in bases:
        placed[_column_of(inputs()[base])] += (base,)
    return placed


def standing_sql(
    policies: Sequence[Policy],
    holders_only: Sequence[bool] = (),
    source: str = INPUT,
    named: Mapping[str, tuple[str, ...]] | None = None,
) -> str:
    """Return a select of what mart.tier_standing keeps of every enterprise, but for its source rows.

    Grain: one row per assessed enterprise; the first arrays follow the policies, the last the inputs that are named to
    be kept, which are observed_names of the policies unless others are. Null where a
    policy asks holders of its tier only and the enterprise holds none. Unknown stays unknown only where the outcome can
    still turn; the bounds of a score take unknown inputs as independent.

    Levels, so that nothing is computed twice: inputs, items, what opens and the sums, verdicts.
    """
    only = [*holders_only, *[False] * (len(policies) - len(holders_only))]
    named = observed_names(policies) if named is None else named
    measured = {found.name: found for policy in policies for item in policy.of_any_kind() for found in item.used}
    measured = {name: inputs()[name] for names in named.values() for name in names} | measured
    measured |= {found.least.name: found.least for found in measured.values() if found.least is not None}
    asked, summed = _Level("k"), _Level("s")
    parts = [_Rule(policy, asked, summed) for policy in policies]
    guards = [
        f"{_text(policy.tier)} = any(held_tiers)" if holders else ""
        for policy, holders in zip(policies, only, strict=True)
    ]
    columns = "".join(f",\n        {found.sql} as {name}" for name, found in measured.items())
    observed = ", ".join(f"array[{_elements(named[c], kind)}]::{kind}[] as {c}" for c, kind in KEPT_AS.items())
    kept = ", ".join(["enterprise_id", "district_code", "held_tiers", *KEPT_AS])
    return f"""
select enterprise_id, district_code,
    array[{_each(parts, guards, "verdict")}]::text[] as verdicts,
    array[{_each(parts, guards, "least")}]::numeric[] as score_min,
    array[{_each(parts, guards, "most")}]::numeric[] as score_max,
    array[{_each(parts, guards, "pattern")}]::text[] as patterns,
    {", ".join(KEPT_AS)}
from (
    select {kept}{"".join(", " + name for name in asked.columns.values())}{summed.listed()}
    from (
        select m.enterprise_id, m.district_code, m.held_tiers, {observed}{asked.listed()}
        from (
            select i.enterprise_id, i.district_code, i.held_tiers{columns}
            from {source} as i
            offset 0
        ) as m
        offset 0
    ) as asked
    offset 0
) as summed"""


def finding_sql(policy: Policy, source: str = INPUT) -> str:
    """Return a select of tier, policy_version, enterprise_id, verdict, score_min, score_max, pattern by one policy."""
    return f"""
select {_text(policy.tier)} as tier, {_text(policy.version)} as policy_version, enterprise_id, verdicts[1] as verdict,
    score_min[1] as score_min, score_max[1] as score_max, patterns[1] as pattern
from ({standing_sql([policy], source=source)}) as standing"""


def kept_input_sql(policy: Policy) -> str:
    """Return a select of the inputs of one policy as mart.tier_standing keeps them of a day, one row per enterprise.

    Takes %(day)s, a business date that was assessed. Null where the policies of that day did not ask for an input.
    """
    columns = "".join(
        f",\n    s.{column}[array_position(n.{column}, {_text(name)})]::{SQL_TYPES.get(inputs()[name].unit, 'numeric')}"
        f" as {name}"
        for column, names in observed_names([policy]).items()
        for name in names
    )
    return f"""
select s.enterprise_id, s.district_code, null::text[] as held_tiers, %(day)s::date as {AS_OF}{columns}
from mart.tier_standing as s
join mart.tier_input_set as n using (set_id)
where s.since <= %(day)s and (s.until is null or %(day)s < s.until)"""


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
                self._tokens.append((item, _span(item, least, most)))
            elif item.condition is not None:
                name = asked.named(item.condition.sql)
                answers.append((item, name))
                self._tokens.append((item, f"case when {name} then 't' when not {name} then 'f' else 'u' end"))
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


def _span(item: Item, least: str, most: str) -> str:
    """Return the points of an item as its pattern says them; a sum of decimals may bear zeros at its end."""
    if item.value_up_to is not None or any(case.points % 1 for case in item.cases):
        least, most = f"trim_scale({least}::numeric)", f"trim_scale({most}::numeric)"
    return f"case when {least} < {most} then {least} || '-' || {most} else {least}::text end"


def _joined(answers: Sequence[tuple[Item, str]], kind: str, word: str, nothing: str) -> str:
    return "(" + (word.join(name for item, name in answers if item.kind == kind) or nothing) + ")"


def _sum(bounds: Sequence[tuple[Item, str, str]], place: int) -> str:
    return "(" + " + ".join(str(bound[place]) for bound in bounds) + ")"


def _column_of(base: Input) -> str:
    """Return the column of the array an input is kept in."""
    return {"是否": "flags", "文本": "words", "日期": "words"}.get(base.unit, "numbers")


def _elements(names: Sequence[str], kind: str) -> str:
    return ", ".join(f"m.{name}::{kind}" for name in names)


def measured_sql(known: Iterable[Input]) -> str:
    """Return the function that adds what is computed to what was observed, as of a business date.

    Null where an input it is computed from was not observed: no policy asked for it.
    """
    computed = [found for found in known if found.bases != {found.name}]
    bases = sorted({base for found in computed for base in found.bases} - {AS_OF})
    columns = ", ".join(
        f"(observed ->> {_text(b)})::{SQL_TYPES.get(inputs()[b].unit, 'numeric')} as {b}" for b in bases
    )
    told = ", ".join(f"{_text(found.name)}, {found.sql}" for found in computed)
    return f"""
create or replace function mart.tier_measured(observed jsonb, as_of date) returns jsonb language sql stable
return (select observed || jsonb_build_object({told}) from (select {columns}, as_of as as_of) as i)"""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
