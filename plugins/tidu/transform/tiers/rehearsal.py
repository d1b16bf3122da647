"""What a change of rule would do before it is put in force: who enters, who leaves, by which clause, per district."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.ledger.roles import Role, acting_as
from tidu.transform.tiers.compile import finding_sql
from tidu.transform.tiers.policy import Policy, read_policy
from tidu.transform.tiers.registry import FOLDER, policies
from tidu.transform.tiers.standings import standings

CHANGED = """
select i.district_code, o.enterprise_id, o.verdict, n.verdict, o.pattern, n.pattern
from pg_temp.rule_before as o
join pg_temp.rule_after as n using (enterprise_id)
join intermediate.int_tier__input as i using (enterprise_id)
where o.verdict <> n.verdict
order by i.district_code, o.enterprise_id
"""
BETWEEN = """
with before as (select * from mart.tier_finding where subject = 'tier' and tier = %(tier)s
    and since <= %(first)s and (until is null or %(first)s < until)),
after as (select * from mart.tier_finding where subject = 'tier' and tier = %(tier)s
    and since <= %(second)s and (until is null or %(second)s < until))
select coalesce(e.district_code, '370299'), enterprise_id, coalesce(b.verdict, 'not assessed'),
    coalesce(a.verdict, 'not assessed'), b.pattern, a.pattern, b.policy_version, a.policy_version
from before as b full join after as a using (enterprise_id)
left join mart.enterprise as e using (enterprise_id)
where b.verdict is distinct from a.verdict
order by 1, 2
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
        assessed, tuple(Change(d, e, b, a, _answering(before, after, (b, a), (ob, na))) for d, e, b, a, ob, na in rows)
    )


@acting_as(Role.TRANSFORM)
def compare_dates(tier: str, first: dt.date, second: dt.date) -> Rehearsal:
    """Return whose verdict for a tier changed between two dates. Raises TiduError for one that was not assessed."""
    with connect() as connection:
        known = {row[0] for row in connection.execute("select as_of from mart.tier_run").fetchall()}
        for day in (first, second):
            if day not in known:
                raise TiduError(f"tiers were not assessed for {day}; they were for {_listed(known)}")
        values = {"tier": tier, "first": first, "second": second}
        rows = connection.execute(BETWEEN, values).fetchall()
        (assessed,) = connection.execute(
            "select count(*) from mart.tier_finding where subject = 'tier' and tier = %(tier)s and since <= %(second)s"
            " and (until is null or %(second)s < until)",
            values,
        ).fetchone() or (0,)
    return Rehearsal(assessed, tuple(_dated(row) for row in rows))


def _dated(row: tuple[str, ...]) -> Change:
    district, enterprise, before, after, was, now, old_version, new_version = row
    if was is None or now is None:
        return Change(district, enterprise, before, after, ())
    rules = policy_named(old_version), policy_named(new_version)
    return Change(district, enterprise, before, after, _answering(*rules, (before, after), (was, now)))


def _answering(before: Policy, after: Policy, verdicts: tuple[str, str], patterns: tuple[str, str]) -> tuple[str, ...]:
    if verdicts[1] == "met":
        return tuple(_short(before, patterns[0]))
    return tuple(_short(after, patterns[1]))


def _short(policy: Policy, pattern: str) -> Iterable[str]:
    """Yield the codes of what is not met, or not known to be, of a pattern."""
    for standing in standings(policy, pattern):
        if standing.item.kind != "direct" and standing.answer != "t":
            yield standing.item.code


def _check_date(connection: psycopg.Connection, as_of: dt.date) -> None:
    if connection.execute("select to_regclass('intermediate.int_tier__input')").fetchone() == (None,):
        raise TiduError("tiers were never assessed here: run the pipeline, or the DAG assess_tiers, first")
    stands = connection.execute("select distinct as_of from intermediate.int_tier__input").fetchall()
    found = {row[0] for row in stands}
    if found != {as_of}:
        raise TiduError(f"the inputs of policies stand for {_listed(found)}, not for {as_of}")


def _listed(days: Iterable[dt.date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days)) or "no date"
