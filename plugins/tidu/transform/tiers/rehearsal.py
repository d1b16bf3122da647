"""What a change of rule would do before it is put in force: who enters, who leaves, by which clause, per district."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.transform.tiers.answering import answering
from tidu.transform.tiers.compile import finding_sql, kept_input_sql, observed_names
from tidu.transform.tiers.policy import Policy, read_policy
from tidu.transform.tiers.registry import FOLDER, policies

CHANGED = """
select i.district_code, o.enterprise_id, o.verdict, n.verdict, o.pattern, n.pattern
from pg_temp.rule_before as o
join pg_temp.rule_after as n using (enterprise_id)
join intermediate.int_tier__input as i using (enterprise_id)
where o.verdict <> n.verdict
order by i.district_code, o.enterprise_id
"""
FOUND = """
create temporary table {name} on commit drop as
select enterprise_id, verdict, pattern, policy_version from mart.tier_finding where subject = 'tier' and tier = %(tier)s
    and since <= %(day)s and (until is null or %(day)s < until)
"""
BETWEEN = """
select coalesce(e.district_code, '370299'), enterprise_id, coalesce(b.verdict, 'not assessed'),
    coalesce(a.verdict, 'not assessed'), b.pattern, a.pattern, b.policy_version, a.policy_version
from pg_temp.rule_before as b full join pg_temp.rule_after as a using (enterprise_id)
left join mart.enterprise as e using (enterprise_id)
where b.verdict is distinct from a.verdict
order by 1, 2
"""
KEPT_NAMES = """
select distinct unnest(n.flags || n.numbers || n.words) from mart.tier_input_set as n
where n.set_id in (select set_id from mart.tier_standing where since <= %(day)s and (until is null or %(day)s < until))
"""


@dataclass(frozen=True)
class Change:
    """One enterprise whose verdict would be, or has become, another."""

    district_code: str
    enterprise_id: str
    before: str
    after: str
    clauses: tuple[str, ...]
    """Codes of the items that answer for it: of who leaves what is not met after, of who enters what was not before."""


@dataclass(frozen=True)
class Rehearsal:
    """All changes between two rules, or two dates."""

    assessed: int
    changes: tuple[Change, ...] = field(default_factory=tuple)

    def by_verdict(self) -> Counter[tuple[str, str]]:
        """Return how many went from which verdict to which."""
        return Counter((c.before, c.after) for c in self.changes)

    def by_district(self) -> dict[str, tuple[int, int]]:
        """Return how many enter (to met) and leave (from met), per district."""
        districts = sorted({c.district_code for c in self.changes})
        return {
            d: (
                sum(c.after == "met" for c in self.changes if c.district_code == d),
                sum(c.before == "met" for c in self.changes if c.district_code == d),
            )
            for d in districts
        }

    def by_clause(self) -> Counter[tuple[str, str]]:
        """Return per direction (`enters`, `leaves`, `other`) and item how many changes it answers for."""
        found: Counter[tuple[str, str]] = Counter()
        for change in self.changes:
            way = "enters" if change.after == "met" else "leaves" if change.before == "met" else "other"
            found.update((way, code) for code in change.clauses)
        return found


def policy_named(name: str, folder: Path = FOLDER) -> Policy:
    """Return a policy by its version, or read one from a file that may not be in force yet. Raises TiduError."""
    if name.endswith(".yml"):
        return read_policy(Path(name))
    found = (*policies(folder), *policies(folder / "finance_whitelist"))
    for policy in found:
        if name in (policy.version, policy.name):
            return policy
    known = ", ".join(p.version for p in found)
    raise TiduError(f"no policy {name}; there are {known}, or name a .yml file")


@acting_as(Role.TRANSFORM)
def rehearse(before: Policy, after: Policy, as_of: dt.date) -> Rehearsal:
    """Apply two rules to the inputs of one date; nothing is kept.

    Raises TiduError where the inputs stand for another date: they are those of the last assessment.
    """
    with connect() as connection:
        _check_date(connection, as_of)
        for name, policy in (("rule_before", before), ("rule_after", after)):
            connection.execute(f"create temporary table {name} on commit drop as {finding_sql(policy)}".encode())
        (assessed,) = connection.execute("select count(*) from pg_temp.rule_before").fetchone() or (0,)
        rows = connection.execute(CHANGED.encode()).fetchall()
    return Rehearsal(
        assessed, tuple(Change(d, e, b, a, answering((before, after), (ob, na), a)) for d, e, b, a, ob, na in rows)
    )


@acting_as(Role.TRANSFORM)
def compare_dates(tier: str, first: dt.date, second: dt.date) -> Rehearsal:
    """Return whose verdict for a tier changed between two dates, each under the rule in force on it.

    Raises TiduError for a date that was not assessed.
    """
    with connect() as connection:
        _check_assessed(connection, (first, second))
        for name, day in (("rule_before", first), ("rule_after", second)):
            connection.execute(FOUND.format(name=name).encode(), {"tier": tier, "day": day})
        return _between(connection, lambda version: policy_named(str(version)))


@acting_as(Role.TRANSFORM)
def rehearse_dates(policy: Policy, first: dt.date, second: dt.date) -> Rehearsal:
    """Apply one rule to what was known on two dates, whatever rule was in force on them; nothing is kept.

    Raises TiduError for a date that was not assessed, and where the rule asks what was not kept of a date.
    """
    with connect() as connection:
        _check_assessed(connection, (first, second))
        for name, day in (("rule_before", first), ("rule_after", second)):
            _check_kept(connection, policy, day)
            kept = f"create temporary table {name}_input on commit drop as {kept_input_sql(policy)}"
            connection.execute(kept.encode(), {"day": day})
            found = finding_sql(policy, f"pg_temp.{name}_input")
            connection.execute(f"create temporary table {name} on commit drop as {found}".encode())
        return _between(connection, lambda _: policy)


def _between(connection: psycopg.Connection, rule: Callable[[str], Policy]) -> Rehearsal:
    """Return the changes between the findings that stand in the temporary tables."""
    rows = connection.execute(BETWEEN.encode()).fetchall()
    (assessed,) = connection.execute("select count(*) from pg_temp.rule_after").fetchone() or (0,)
    return Rehearsal(assessed, tuple(_dated(row, rule) for row in rows))


def _dated(row: Sequence[str], rule: Callable[[str], Policy]) -> Change:
    district, enterprise, before, after, was, now, old_version, new_version = row
    if was is None or now is None:
        return Change(district, enterprise, before, after, ())
    rules = rule(old_version), rule(new_version)
    return Change(district, enterprise, before, after, answering(rules, (was, now), after))


def _check_assessed(connection: psycopg.Connection, days: Iterable[dt.date]) -> None:
    known = {row[0] for row in connection.execute("select as_of from mart.tier_run").fetchall()}
    for day in days:
        if day not in known:
            raise TiduError(f"tiers were not assessed for {day}; they were for {_listed(known)}")


def _check_kept(connection: psycopg.Connection, policy: Policy, day: dt.date) -> None:
    kept = {row[0] for row in connection.execute(KEPT_NAMES, {"day": day}).fetchall()}
    missing = sorted({name for names in observed_names([policy]).values() for name in names} - kept)
    if missing:
        raise TiduError(
            f"{policy.version} asks {', '.join(missing)}, which no rule asked when {day} was assessed: it was not kept"
            " of that date; name another date, or a rule that asks less"
        )


def _check_date(connection: psycopg.Connection, as_of: dt.date) -> None:
    if connection.execute("select to_regclass('intermediate.int_tier__input')").fetchone() == (None,):
        raise TiduError("tiers were never assessed here: run the pipeline, or the DAG assess_tiers, first")
    stands = connection.execute("select distinct as_of from intermediate.int_tier__input").fetchall()
    found = {row[0] for row in stands}
    if found != {as_of}:
        raise TiduError(f"the inputs of policies stand for {_listed(found)}, not for {as_of}")


def _listed(days: Iterable[dt.date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days)) or "no date"
