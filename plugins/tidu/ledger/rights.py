"""What every role may do in the warehouse, and how that comes into force: at each migration, only what is missing.

The table below is the whole of it: a right that stands here is granted, one that a role holds beyond it is taken away.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tidu.ledger.roles import Role

STATEMENTS = Path(__file__).with_name("rights.sql")
ATTEMPTS = 20
"""Two databases of one server may be migrated at once; what collides in the server's own tables is tried again."""
COLLISIONS = ("XX000", "23505", "42710", "40001")
"""Tuple concurrently updated, a name made by somebody else meanwhile."""

MEMBER = """
select 1 from pg_auth_members
where member = (select oid from pg_roles where rolname = %s) and roleid = (select oid from pg_roles where rolname = %s)
"""

READ = ("select",)
ADD = ("select", "insert")
KEEP = ("select", "insert", "update")
CHANGE = ("select", "insert", "update", "delete")

RELEASED = (
    "publish.indicator",
    "publish.city_monthly",
    "publish.district_monthly",
    "publish.stock_movement",
    "publish.early_sign",
    "publish.plan_target",
    "publish.plan_evaluation",
)
REVISED = ("publish.revision", "publish.revision_cause")

RIGHTS: dict[Role, dict[str, tuple[str, ...]]] = {
    Role.RECORD: {"ops.pipeline_run": KEEP, "ops.stage_run": ADD, "ops.alert_event": ADD},
    Role.LAND: {"ops.delivery": KEEP, "raw.*": ("insert",)},
    Role.VALIDATE: {
        "raw.*": READ,
        "ops.delivery": ("select", "update"),
        "ops.settlement_pass": ("usage",),
        "ops.decision": READ,
        "ops.accepted_row*": CHANGE,
        "ops.row_set_aside": CHANGE,
        "ops.row_ledger": CHANGE,
        "ops.quarantine": CHANGE,
        "ops.validation_run": ADD,
        "ops.validation_result": ADD,
    },
    Role.TRANSFORM: {
        "raw.*": READ,
        "ops.delivery": ("select", "update (building, building_run_id, built_at, build_no, restated_taken)"),
        "ops.build_run": KEEP,
        "ops.build_no": ("usage",),
        "ops.accepted_row*": READ,
        "ops.dbt_node_run": ADD,
        "ops.decision": ("select", "update (state, detail)"),
        "ops.linkage_bound": CHANGE,
        "ops.linkage_label": CHANGE,
        "ops.linkage_metric": ADD,
        # read by the views of schema mart over what releases show of plans; the stage owns them as it does the rest
        "publish.plan_target_latest": READ,
        "publish.plan_evaluation_latest": READ,
    },
    Role.PUBLISH: {
        "intermediate.*": READ,
        "ops.delivery": READ,
        "ops.build_run": READ,
        "ops.release": KEEP,
        "ops.release_event_log": ADD,
        "ops.release_file": ADD,
        "ops.decision": (*ADD, "update (state)"),
        "ops.unassigned_metric": ADD,
        "ops.disclosure_problem": ADD,
        "ops.disclosure_cell": ADD,
        "publish.*": READ,
        **dict.fromkeys(RELEASED, (*ADD, "maintain")),
        **dict.fromkeys(REVISED, ADD),
    },
    Role.REVIEW: {
        "raw.*": READ,
        "intermediate.*": READ,
        "ops.linkage_metric": READ,
        "raw.*_repair": CHANGE,
        "ops.delivery": ("select", "update"),
        "ops.accepted_row*": CHANGE,
        "ops.row_set_aside": CHANGE,
        "ops.row_ledger": CHANGE,
        "ops.quarantine": CHANGE,
        "ops.decision": KEEP,
    },
    Role.CORRECT: {
        "raw.*": READ,
        "intermediate.*": READ,
        "ops.delivery": READ,
        "ops.accepted_row*": READ,
        "ops.quarantine": ("select", "update (redelivered_by)"),
        "ops.decision": READ,
        "ops.contract_dataset": READ,
        "ops.contract_field": READ,
        "ops.dataset_freshness": READ,
        "ops.business_date": KEEP,
        "ops.correction_ticket": KEEP,
        "ops.department_return": ADD,
        "ops.district_return": ADD,
        "mart.*": READ,
        "ops.alert_event": ADD,
    },
    Role.COCKPIT: {"mart.*": READ, "publish.*": READ, "ops.release": READ, "ops.cockpit_access_log": ADD},
    Role.DISTRICT: {
        "ops.correction_ticket": READ,
        "ops.district_return": READ,
        "ops.contract_dataset": READ,
        "ops.contract_field": READ,
        "publish.indicator": READ,
        "publish.city_monthly": READ,
        "publish.district_monthly": READ,
        "publish.stock_movement": READ,
        "publish.early_sign": READ,
    },
    Role.READ: {"mart.*": READ, "publish.*": READ},
}
"""Role -> relation (`*`: any ending) -> privileges; `maintain` (analyze) from PostgreSQL 17 on."""

BY_THEIR_MAKER = (Role.DISTRICT, "mart")
"""A role whose rights in a schema come with the policies that limit them (ops.keep_to_districts), never without."""

EXCEPT: dict[Role, tuple[str, ...]] = {Role.LAND: ("raw.*_repair",)}
"""Relations that a pattern above matches and that are not meant: repairs are a reviewer's."""

MAKERS: dict[str, Role] = {
    "reading": Role.VALIDATE,
    "staging": Role.TRANSFORM,
    "intermediate": Role.TRANSFORM,
    "mart": Role.TRANSFORM,
}
"""Schemas whose tables are made by a stage, which owns them. All others are made by migrations."""


@dataclass(frozen=True)
class Standing:
    """One role on this server: whether stages work under it, and why not."""

    role: Role
    reason: str | None


def enforce(connection: psycopg.Connection) -> list[Standing]:
    """Make the roles, take membership, grant and revoke until rights are as in RIGHTS; return how each role stands.

    Needs autocommit and the lock of the migration. Idempotence: with everything in force nothing is written.
    A login that may not make roles is no error: the reason is returned and kept in ops.stage_role.
    """
    standing = [Standing(role, ensure_role(connection, role.value, role is not Role.DISTRICT)) for role in Role]
    missing = _statements(connection, [s.role for s in standing if s.reason is None])
    if missing:
        # names are quoted by the database that made the statements
        _patiently(connection, sql.SQL(";\n".join(missing)))
    for found in standing:
        connection.execute(
            "insert into ops.stage_role (role, granted, reason) values (%(role)s, %(reason)s::text is null, %(reason)s)"
            " on conflict (role) do update set granted = excluded.granted, reason = excluded.reason, checked_at = now()"
            " where stage_role.reason is distinct from excluded.reason",
            {"role": found.role.value, "reason": found.reason},
        )
    return standing


def shortcomings(connection: psycopg.Connection) -> str | None:
    """Say in one line that stages run with the login's own rights, and why; None when every role is in force."""
    row = connection.execute(
        "select string_agg(role, ', ' order by role), min(reason), session_user from ops.stage_role where not granted"
    ).fetchone()
    if row is None or row[0] is None:
        return None
    return f"no roles of their own for the stages ({row[0]}): they run with the rights of {row[2]}; {row[1]}"


def ensure_role(connection: psycopg.Connection, role: str, inherits: bool, group: str | None = None) -> str | None:
    """Make a role and take it on, which needs autocommit; return why that cannot be.

    Args:
        connection: in the login's own rights.
        role: its name; a role that is there stays.
        inherits: whether the login has its rights all the time, or only while it acts under it.
        group: a role whose rights this one shall have.
    """
    name, mode = sql.Identifier(role), sql.SQL("true" if inherits else "false")
    known = "select oid from pg_roles where rolname = %s"
    held = "select 1 from pg_roles where rolname = %s and pg_has_role(oid, 'SET')"
    try:
        if connection.execute(known, [role]).fetchone() is None:
            _patiently(connection, sql.SQL("create role {} nologin").format(name), unless=(known, role))
        if connection.execute((held + " and pg_has_role(oid, 'USAGE')" * inherits).encode(), [role]).fetchone() is None:
            _patiently(connection, sql.SQL("grant {} to current_user with inherit {}, set true").format(name, mode))
        if group is not None and connection.execute(MEMBER, [role, group]).fetchone() is None:
            _patiently(connection, sql.SQL("grant {} to {}").format(sql.Identifier(group), name))
    except psycopg.errors.InsufficientPrivilege as error:
        return f"{error.diag.message_primary}; an administrator can lend them: docs/security.md"
    return None


def _patiently(
    connection: psycopg.Connection, statement: sql.SQL | sql.Composed, unless: tuple[str, str] | None = None
) -> None:
    """Execute a statement on the server's own tables, again when another database's migration got in between."""
    for attempt in range(ATTEMPTS):
        try:
            connection.execute(statement)
            return
        except psycopg.Error as error:
            if error.sqlstate not in COLLISIONS or attempt == ATTEMPTS - 1:
                raise
            if unless is not None and connection.execute(unless[0].encode(), [unless[1]]).fetchone() is not None:
                return
            time.sleep(0.02 * (attempt + 1))


def _statements(connection: psycopg.Connection, usable: list[Role]) -> list[str]:
    """Return the GRANT, REVOKE and ALTER statements that are missing, in the order in which they have to run."""
    wanted = [
        (role.value, pattern, privilege)
        for role in usable
        for pattern, privileges in RIGHTS[role].items()
        for privilege in privileges
        if privilege != "maintain" or connection.info.server_version >= 170_000
    ]
    makers = [(schema, role.value) for schema, role in MAKERS.items() if role in usable]
    rows = connection.execute(
        STATEMENTS.read_bytes(),
        {
            "roles": [role.value for role in usable],
            "want_roles": [w[0] for w in wanted],
            "want_patterns": [_like(w[1]) for w in wanted],
            "want_privileges": [w[2].partition(" ")[0].upper() for w in wanted],
            "want_columns": [w[2].partition(" ")[2].strip("()") for w in wanted],
            "except_roles": [role.value for role, patterns in EXCEPT.items() for _ in patterns],
            "except_patterns": [_like(pattern) for patterns in EXCEPT.values() for pattern in patterns],
            "by_maker_role": BY_THEIR_MAKER[0].value,
            "by_maker_schema": BY_THEIR_MAKER[1],
            "maker_schemas": [m[0] for m in makers],
            "maker_roles": [m[1] for m in makers],
        },
    ).fetchall()
    return [statement for (statement,) in rows]


def _like(pattern: str) -> str:
    return pattern.replace("_", r"\_").replace("*", "%")
