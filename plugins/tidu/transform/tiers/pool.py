"""The seed pool: who is ready for a tier, near it, or watched, by the rules of policies/seed_pool.yml."""

# ruff: noqa: S608 - SQL is composed from the repository's own rules

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tidu.settings import PROJECT_ROOT
from tidu.transform.tiers.inputs import inputs
from tidu.transform.tiers.located import read
from tidu.transform.tiers.policy import Policy

FILE = PROJECT_ROOT / "policies" / "seed_pool.yml"


@dataclass(frozen=True)
class PoolRules:
    """What the file says that decides."""

    most_gaps: int
    """Gaps an enterprise that is near a tier has at most, counted without conditions that do instead of the score."""
    sources: tuple[str, ...]
    """Inputs that make an enterprise worth watching."""
    ladder: tuple[str, ...]
    """Tiers that build on each other, from the first on."""


def pool_rules(file: Path = FILE) -> PoolRules:
    """Return the rules of the pool. Raises PolicyError with file and line."""
    found = read(file)
    found.expect(("document", "ready", "near", "watch", "sources", "ladder"))
    unknown = [name for name in found["sources"] if name not in inputs()]
    if unknown:
        found.refuse(f"the input {unknown[0]} is not known; policies/inputs.yml lists them")
    most = found["near"].get("most_gaps")
    if not isinstance(most, int) or most < 1:
        found.refuse("`near` says `most_gaps`, a whole number from 1 on")
    return PoolRules(most, tuple(found["sources"]), tuple(found["ladder"]))


def pool_sql(policies: Sequence[Policy], rules: PoolRules) -> str:
    """Return a select of (tier, enterprise_id, readiness, district_code, gap_count, score, reasons).

    Reads pg_temp.found_finding, mart.tier_pattern and int_tier__input. Grain: enterprise and tier it does not hold.
    A draft's `met` is near and never ready: what it assumes is not proved. gap_count is what the ordinary way needs: a
    condition that does instead of the score is one change by number, but no nearer by that.
    """
    drafts = ", ".join(_text(p.version) for p in policies if p.is_draft) or "null"
    sources = ", ".join(f"case when i.{name} then {_text(inputs()[name].zh)} end" for name in rules.sources)
    # the tier after the highest one held: who holds a higher one is not watched for a lower one
    after = zip(rules.ladder, (*map(_text, rules.ladder[1:]), "null"), strict=True)
    steps = " ".join(f"when {_text(held)} = any(i.held_tiers) then {above}" for held, above in reversed(list(after)))
    versions = ", ".join(_text(p.version) for p in policies)
    return f"""
with position as materialized (
    -- what is the same for all enterprises of a pattern, of those that may put one into the pool
    select * from (
        select policy_version, pattern, policy_version in ({drafts}) as is_draft,
            mart.tier_ordinary(gaps) as ordinary, jsonb_path_query_array(gaps, '$[*].code') as gaps,
            jsonb_path_exists(criteria, '$[*] ? (@.verdict == "unknown")') as has_unknown,
            jsonb_path_exists(criteria, '$[*] ? (@.kind == "gate" && @.verdict == "unknown")') as is_gate_open
        from mart.tier_pattern
        where policy_version in ({versions}) and not jsonb_path_exists(criteria,
            '$[*] ? (@.kind == "gate" && @.verdict == "not_met")')
    ) as p
),
standing as (
    select f.tier, f.enterprise_id, f.policy_version, f.verdict, f.score_min as score, i.district_code,
        p.is_draft, jsonb_array_length(p.ordinary) as gap_count, p.gaps, p.ordinary, p.has_unknown, p.is_gate_open,
        i.declared_this_year,
        array_remove(array[{sources}], null) as sources,
        case {steps} else {_text(rules.ladder[0])} end = f.tier as is_next
    from pg_temp.found_finding as f
    join position as p using (policy_version, pattern)
    join intermediate.int_tier__input as i using (enterprise_id)
    where f.subject = 'tier' and not f.tier = any(i.held_tiers)
),
judged as (
    select *, case
        when verdict = 'met' and not is_draft then 'ready'
        when is_draft and (verdict <> 'met' or cardinality(sources) = 0 and not declared_this_year) then null
        when gap_count <= {rules.most_gaps} and not is_gate_open
            and (not has_unknown or cardinality(sources) > 0 or declared_this_year)
            then 'near'
        when cardinality(sources) > 0 and is_next then 'watch'
    end as readiness
    from standing
)
select tier, enterprise_id, readiness, district_code, gap_count, score,
    jsonb_build_object('policy_version', policy_version, 'verdict', verdict, 'is_draft', is_draft, 'gaps', gaps,
        'ordinary', ordinary, 'sources', to_jsonb(sources), 'declared_this_year', declared_this_year) as reasons
from judged where readiness is not null"""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
