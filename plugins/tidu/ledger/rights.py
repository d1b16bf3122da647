"""What every role may do in the warehouse, and how that comes into force: at each migration, only what is missing.

The table below is the whole of it: a right that stands here is granted, one that a role holds beyond it is taken away.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tidu.ledger.roles import Role

ATTEMPTS = 20
"""Two databases of one server may be migrated at once; what collides in the server's own tables is tried again."""
COLLISIONS = ("XX000", "23505", "42710", "40001")
"""Tuple concurrently updated, a name made by somebody else meanwhile."""

READ = ("select",)
ADD = ("select", "insert")
KEEP = ("select", "insert", "update")
CHANGE = ("select", "insert", "update", "delete")

RELEASED = ("publish.indicator", "publish.city_monthly", "publish.district_monthly", "publish.stock_movement")

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
        "ops.delivery": ("select", "update (building, building_run_id, built_at, build_no)"),
        "ops.build_run": KEEP,
        "ops.build_no": ("usage",),
        "ops.accepted_row*": READ,
        "ops.dbt_node_run": ADD,
    },
    Role.PUBLISH: {
        "intermediate.*": READ,
        "ops.delivery": READ,
        "ops.build_run": READ,
        "ops.release": KEEP,
        "ops.decision": ADD,
        "ops.unassigned_metric": ADD,
        "publish.*": READ,
        **dict.fromkeys(RELEASED, (*ADD, "maintain")),
    },
    Role.REVIEW: {
        "raw.*": READ,
        "raw.*_repair": CHANGE,
        "ops.delivery": ("select", "update"),
        "ops.accepted_row*": CHANGE,
        "ops.row_set_aside": CHANGE,
        "ops.row_ledger": CHANGE,
        "ops.quarantine": CHANGE,
        "ops.decision": KEEP,
    },
    Role.READ: {"mart.*": READ, "publish.*": READ},
}
"""Role -> relation (`*`: any ending) -> privileges; `maintain` (analyze) from PostgreSQL 17 on."""

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
    standing = [Standing(role, _ensure_role(connection, role)) for role in Role]
    missing = _statements(connection, [s.role for s in standing if s.reason is None])
    if missing:
        # names are quoted by the database that made the statements
        _patiently(connection, sql.SQL(";\n".join(missing)))  # type: ignore[arg-type]
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


def _ensure_role(connection: psycopg.Connection, role: Role) -> str | None:
    """Make a role and take it on; return why that cannot be."""
    name = sql.Identifier(role.value)
    known = "select oid from pg_roles where rolname = %s"
    try:
        if connection.execute(known, [role.value]).fetchone() is None:
            _patiently(connection, sql.SQL("create role {} nologin").format(name), unless=(known, role.value))
        held = "select 1 from pg_roles where rolname = %s and pg_has_role(oid, 'SET') and pg_has_role(oid, 'USAGE')"
        if connection.execute(held, [role.value]).fetchone() is None:
            _patiently(connection, sql.SQL("grant {} to current_user with inherit true, set true").format(name))
    except psycopg.errors.InsufficientPrivilege as error:
        return (error.diag.message_primary or "permission denied") + (
            f"; an administrator can help with: create role {role} nologin; grant {role} to <login> with admin option"
        )
    return None


def _patiently(
    connection: psycopg.Connection, statement: sql.Composable, unless: tuple[str, str] | None = None
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
        STATEMENTS.encode(),
        {
            "roles": [role.value for role in usable],
            "want_roles": [w[0] for w in wanted],
            "want_patterns": [w[1].replace("_", r"\_").replace("*", "%") for w in wanted],
            "want_privileges": [w[2].partition(" ")[0].upper() for w in wanted],
            "want_columns": [w[2].partition(" ")[2].strip("()") for w in wanted],
            "maker_schemas": [m[0] for m in makers],
            "maker_roles": [m[1] for m in makers],
        },
    ).fetchall()
    return [statement for (statement,) in rows]


STATEMENTS = r"""
with relation as (
    select c.oid, n.nspname as schema_name, n.nspname || '.' || c.relname as name, c.relkind, c.relacl, c.relowner,
        format('%%I.%%I', n.nspname, c.relname) as quoted
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('raw', 'ops', 'publish', 'reading', 'staging', 'intermediate', 'mart')
        and c.relkind in ('r', 'p', 'v', 'm', 'S')
),
role as (
    select r.oid, r.rolname::text as name from pg_roles as r where r.rolname = any(%(roles)s)
),
maker as (
    select m.schema_name, m.role, r.oid
    from unnest(%(maker_schemas)s::text[], %(maker_roles)s::text[]) as m (schema_name, role)
    join role as r on r.name = m.role
),
want as (
    select w.role, w.pattern, w.privilege, string_to_array(nullif(w.columns, ''), ', ') as columns
    from unnest(%(want_roles)s::text[], %(want_patterns)s::text[], %(want_privileges)s::text[], %(want_columns)s::text[])
        as w (role, pattern, privilege, columns)
),
wanted as (
    select w.role, l.quoted, null::name as column_name, w.privilege
    from want as w join relation as l on l.name like w.pattern and (l.relkind = 'S') = (w.privilege = 'USAGE')
    where w.columns is null
    union
    select w.role, l.quoted, u.column_name::name, w.privilege
    from want as w join relation as l on l.name like w.pattern cross join unnest(w.columns) as u (column_name)
),
held as (
    select r.name as role, l.quoted, null::name as column_name, a.privilege_type as privilege
    from relation as l cross join aclexplode(l.relacl) as a join role as r on r.oid = a.grantee
    where a.grantee <> l.relowner
    union
    select r.name, l.quoted, t.attname, a.privilege_type
    from relation as l join pg_attribute as t on t.attrelid = l.oid and t.attacl is not null
    cross join aclexplode(t.attacl) as a join role as r on r.oid = a.grantee
),
schema_wanted as (
    select distinct w.role, split_part(w.pattern, '.', 1) as schema_name, 'USAGE' as privilege from want as w
    union
    -- the functions that read delivered text, and the guards of releases, live in these two
    select r.name, 'ops', 'USAGE' from role as r where r.name <> 'tidu_read'
    union
    select m.role, m.schema_name, p.privilege from maker as m cross join (values ('USAGE'), ('CREATE')) as p (privilege)
),
schema_held as (
    select r.name as role, n.nspname::text as schema_name, a.privilege_type as privilege
    from pg_namespace as n cross join aclexplode(n.nspacl) as a join role as r on r.oid = a.grantee
    where n.nspname in ('raw', 'ops', 'publish', 'reading', 'staging', 'intermediate', 'mart')
),
default_wanted as (
    select m.schema_name, m.role as maker, w.role
    from maker as m join want as w on w.pattern = m.schema_name || '.%%' and w.privilege = 'SELECT'
),
default_held as (
    select n.nspname::text as schema_name, o.name as maker, r.name as role
    from pg_default_acl as d
    join pg_namespace as n on n.oid = d.defaclnamespace
    join role as o on o.oid = d.defaclrole
    cross join aclexplode(d.defaclacl) as a
    join role as r on r.oid = a.grantee
    where d.defaclobjtype = 'r' and a.privilege_type = 'SELECT'
),
statement as (
    select 1 as place, format('grant temporary on database %%I to %%I', current_database(), r.name) as text
    from role as r where not has_database_privilege(r.oid, current_database(), 'TEMPORARY')
    union all
    select 2, format('grant %%s on schema %%I to %%I', w.privilege, w.schema_name, w.role)
    from (select * from schema_wanted except select * from schema_held) as w
    union all
    select 2, format('revoke %%s on schema %%I from %%I', h.privilege, h.schema_name, h.role)
    from (select * from schema_held except select * from schema_wanted) as h
    union all
    -- a plain table that a stage makes belongs to the stage, also one from before there were roles
    select 3, format('alter %%s %%s owner to %%I', case l.relkind when 'v' then 'view' when 'm' then 'materialized view'
        else 'table' end, l.quoted, m.role)
    from relation as l join maker as m using (schema_name)
    where l.relowner <> m.oid and l.relkind in ('r', 'p', 'v', 'm')
    union all
    select 4, format('alter default privileges for role %%I in schema %%I grant select on tables to %%I',
        w.maker, w.schema_name, w.role)
    from (select * from default_wanted except select * from default_held) as w
    union all
    select 5, format('grant %%s on %%s to %%I',
        string_agg(w.privilege || case when w.column_name is not null then format(' (%%I)', w.column_name) else '' end, ', '
            order by w.privilege, w.column_name),
        case when min(w.privilege) = 'USAGE' then 'sequence ' else '' end || w.quoted, w.role)
    from (select * from wanted except select * from held) as w
    group by w.role, w.quoted
    union all
    select 6, format('revoke %%s on %%s from %%I',
        string_agg(h.privilege || case when h.column_name is not null then format(' (%%I)', h.column_name) else '' end, ', '
            order by h.privilege, h.column_name),
        case when min(h.privilege) = 'USAGE' then 'sequence ' else '' end || h.quoted, h.role)
    from (select * from held except select * from wanted) as h
    group by h.role, h.quoted
)
select text from statement order by place, text
"""
