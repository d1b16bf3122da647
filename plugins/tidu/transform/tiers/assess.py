"""The step of stage `tier` that no SQL file can do: policies in force, compiled, applied to every assessed enterprise.

Stands between two passes of dbt: reads int_tier__input and int_tier__evidence, writes mart.tier_finding and what the
views of tables.sql tell of it. What is worked out in Python is one row per pattern, of which there are few.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from tidu.errors import TiduError
from tidu.ledger.database import connect
from tidu.transform.tiers.compile import KEPT_AS, measured_sql, observed_names, standing_sql
from tidu.transform.tiers.inputs import inputs
from tidu.transform.tiers.policy import Item, Policy
from tidu.transform.tiers.pool import pool_rules, pool_sql
from tidu.transform.tiers.registry import every_rule, in_force, whitelist_in_force
from tidu.transform.tiers.review import HOLDER, REVIEW
from tidu.transform.tiers.terms import Told, failings, groups, threshold, told

TABLES, COMMENTS = (Path(__file__).with_name(f"{name}.sql") for name in ("tables", "comments"))
FOUND = """
create temporary table found_standing on commit drop as
select s.*, {set_id}::bigint as set_id, coalesce(e.witnesses, '{{}}') as witnesses
from ({standing}) as s left join intermediate.int_tier__evidence as e using (enterprise_id)
"""
EXPANDED = """
create temporary view found_finding as
select p.subject, p.tier, s.enterprise_id, p.policy_version, s.verdicts[p.place] as verdict,
    s.score_min[p.place] as score_min, s.score_max[p.place] as score_max, s.patterns[p.place] as pattern
from pg_temp.found_standing as s
join mart.tier_policy_set as p on p.set_id = s.set_id and s.verdicts[p.place] is not null
"""
SET = """
insert into mart.tier_policy_set
select %(set_id)s, place, subject, tier, version
from unnest(%(subjects)s::text[], %(tiers)s::text[], %(versions)s::text[])
    with ordinality as t (subject, tier, version, place)
on conflict do nothing
"""
NAMED = """
insert into mart.tier_input_set values (%(set_id)s, %(flags)s, %(numbers)s, %(words)s) on conflict do nothing
"""
PATTERNS = """
select p.policy_version, array_agg(distinct s.patterns[p.place])
from (select distinct set_id, patterns from pg_temp.found_standing) as s
join mart.tier_policy_set as p on p.set_id = s.set_id and s.patterns[p.place] is not null
group by p.policy_version
"""
PATTERN = """
insert into mart.tier_pattern (policy_version, pattern, criteria, gaps, failing) values (%s, %s, %s, %s, %s)
on conflict (policy_version, pattern)
do update set criteria = excluded.criteria, gaps = excluded.gaps, failing = excluded.failing
where (tier_pattern.criteria, tier_pattern.gaps, tier_pattern.failing)
    is distinct from (excluded.criteria, excluded.gaps, excluded.failing)
"""
REOPEN = (
    "delete from mart.{table} where since = %(as_of)s",
    "update mart.{table} set until = null where until = %(as_of)s",
)
END = """
update mart.{table} as s set until = %(as_of)s
where s.until is null and not exists (select from pg_temp.found_{name} as f where {same})
"""
BEGIN = """
insert into mart.{table} ({columns}, since)
select {columns}, %(as_of)s from pg_temp.found_{name} as f
where not exists (select from mart.{table} as s where s.until is null and {key})
"""
KEPT = {
    "standing": (
        ("enterprise_id",),
        ("set_id", "verdicts", "score_min", "score_max", "patterns", *KEPT_AS, "witnesses", "district_code"),
    ),
    "review": (("cert_no",), ("enterprise_id", "tier", "valid_until", "state", "failing_criteria", "district_code")),
    "pool": (("enterprise_id", "tier"), ("readiness", "district_code", "gap_count", "score", "reasons")),
}
"""Tables that keep what was found from date to date: their key, and what they tell of it."""


def lay_tables(connection: psycopg.Connection) -> None:
    """Make the tables, views and functions of mart.tier_* that are not there yet."""
    connection.execute(measured_sql(inputs().values()).encode())
    for file in (TABLES, COMMENTS):
        connection.execute(file.read_text(encoding="utf-8").encode())


def assess(token: str, run_id: str, as_of: dt.date) -> None:
    """Assess every enterprise by the policies in force on a business date; one transaction.

    Idempotence: the same inputs and policies give the same rows; a date assessed before is assessed anew, later ones
    refuse it. Raises TiduError for a date before the last one, PolicyError for a policy that cannot be honoured.
    """
    tiers, levels, rules = in_force(as_of), whitelist_in_force(as_of), pool_rules()
    renewed = tuple(policy.renewed() for policy in tiers)
    asked = (
        *(("tier", policy) for policy in tiers),
        *(("renewal", policy) for policy in renewed),
        *(("whitelist", policy) for policy in levels),
    )
    policies = [policy for _, policy in asked]
    with connect() as connection:
        connection.execute("select set_config('tidu.build', %s, true)", [token])
        connection.execute("select ops.assert_build('tier')")
        lay_tables(connection)
        _refuse_the_past(connection, as_of)
        # what any rule asks, so that one that is not in force can be applied to this date later on
        named = observed_names(every_rule())
        set_id = _keep_set(connection, asked, named)
        standing = standing_sql(policies, [subject == "renewal" for subject, _ in asked], named=named)
        connection.execute(FOUND.format(set_id=set_id, standing=standing).encode())
        connection.execute("analyze pg_temp.found_standing (enterprise_id, set_id)")
        connection.execute(EXPANDED)
        _keep_terms(connection, asked)
        # read right away, and the planner knows nothing of tables that were empty
        connection.execute("analyze mart.tier_pattern")
        connection.execute("analyze mart.tier_policy_set")
        connection.execute(f"create temporary table found_pool on commit drop as {pool_sql(tiers, rules)}".encode())
        for name, text in (("holder", HOLDER), ("review", REVIEW)):
            made = f"create temporary table found_{name} on commit drop as {text}".encode()
            connection.execute(made, {"as_of": as_of})
            connection.execute(f"analyze pg_temp.found_{name}".encode())
        for name in KEPT:
            _keep(connection, name, as_of)
        connection.execute(
            "insert into mart.tier_run (as_of, run_id) values (%s, %s)"
            " on conflict (as_of) do update set run_id = excluded.run_id, built_at = now()",
            [as_of, run_id],
        )
        connection.execute("drop view pg_temp.found_finding")
    with connect() as connection:
        connection.execute("analyze mart.tier_pool")
        connection.execute("analyze mart.tier_standing (enterprise_id, set_id, since, until)")


def _keep_set(
    connection: psycopg.Connection, asked: Sequence[tuple[str, Policy]], names: Mapping[str, tuple[str, ...]]
) -> int:
    """Write which policies are applied together, and to what, unless they were before; return the number of the set."""
    listed = [[subject for subject, _ in asked], [p.tier for _, p in asked], [p.version for _, p in asked]]
    named = {column: list(told) for column, told in names.items()}
    # a number of the policies and inputs themselves: the same ones make the same set in every warehouse
    set_id = int.from_bytes(hashlib.sha256(repr((listed, named)).encode()).digest()[:7])
    values = dict(zip(("subjects", "tiers", "versions"), listed, strict=True))
    connection.execute(SET, {"set_id": set_id, **values})
    connection.execute(NAMED, {"set_id": set_id, **named})
    return set_id


def _refuse_the_past(connection: psycopg.Connection, as_of: dt.date) -> None:
    last = connection.execute("select max(as_of) from mart.tier_run").fetchone()
    if last is not None and last[0] is not None and last[0] > as_of:
        raise TiduError(f"tiers were assessed for {last[0]}; they are not assessed for {as_of} any more")


def _keep(connection: psycopg.Connection, name: str, as_of: dt.date) -> None:
    """End what does not stand any more and begin what is new; what stays the same is not written."""
    key, tells = KEPT[name]
    same_key = " and ".join(f"f.{c} = s.{c}" for c in key)
    same = same_key + "".join(f" and f.{c} is not distinct from s.{c}" for c in tells)
    for statement in (*REOPEN, END, BEGIN):
        text = statement.format(
            table=f"tier_{name}", name=name, columns=", ".join((*key, *tells)), same=same, key=same_key
        )
        connection.execute(text.encode(), {"as_of": as_of})


def _keep_terms(connection: psycopg.Connection, asked: Sequence[tuple[str, Policy]]) -> None:
    """Write the items of the policies, and of every pattern found what its enterprises, or holders, are told."""
    found: dict[str, list[str]] = dict(connection.execute(PATTERNS).fetchall())
    with connection.cursor() as cursor:
        for subject, policy in asked:
            failed = failings if subject == "renewal" else _nothing
            cursor.execute("delete from mart.tier_criterion where policy_version = %s", [policy.version])
            cursor.executemany(
                "insert into mart.tier_criterion values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [_term(policy, place, item) for place, item in enumerate(policy.items)],
            )
            cursor.executemany(
                PATTERN,
                [
                    (policy.version, pattern, *map(Jsonb, (*told(policy, pattern), failed(policy, pattern))))
                    for pattern in found.get(policy.version, ())
                ],
            )


def _nothing(_policy: Policy, _pattern: str) -> Told:
    """Return what a rule that is no re-check says of holders."""
    return []


def _term(policy: Policy, place: int, item: Item) -> tuple[object, ...]:
    return (
        policy.version, place, policy.tier, item.kind, item.code, item.clause, item.name, [f.name for f in item.used],
        groups(item), Jsonb(threshold(item)), item.most,
    )  # fmt: skip
