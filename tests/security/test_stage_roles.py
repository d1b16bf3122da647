"""Every stage works under its own role, can do its work under it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.security.conftest import MakeWarehouse
from tests.security.watched import watched_world
from tidu.ledger import rights
from tidu.ledger.database import connect, migrate
from tidu.ledger.roles import Role, acting_as

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

STAGES = {Role.RECORD, Role.LAND, Role.VALIDATE, Role.TRANSFORM, Role.PUBLISH}


@pytest.fixture(scope="module")
def dsn(empty_database: MakeWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A warehouse of an ordinary login, through which a small world went from its outbox to a release."""
    with watched_world(empty_database("keeper", createrole=True), tmp_path_factory) as found:
        yield found


def test_every_write_of_every_stage_was_made_under_the_role_of_that_stage(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        written = connection.execute(
            "select relation, array_agg(distinct writer order by writer) from public.writer where writer <> 'keeper'"
            " group by relation order by relation"
        ).fetchall()
        by_login = connection.execute("select distinct relation from public.writer where writer = 'keeper'").fetchall()
    writers = {str(relation): tuple(who) for relation, who in written}
    assert {r for (r,) in by_login} == {"ops.delivery", "raw.ms_registration"}, "what the test itself loaded"
    assert {name for who in writers.values() for name in who} == {role.value for role in STAGES}
    expected = {
        "ops.delivery": (Role.LAND, Role.TRANSFORM, Role.VALIDATE),
        "raw.mi_arrears": (Role.LAND,),
        "ops.accepted_row": (Role.VALIDATE,),
        "ops.quarantine": (Role.VALIDATE,),
        "ops.row_ledger": (Role.VALIDATE,),
        "ops.validation_run": (Role.VALIDATE,),
        "ops.dbt_node_run": (Role.TRANSFORM,),
        "ops.stage_run": (Role.RECORD,),
        "ops.release": (Role.PUBLISH,),
        "ops.decision": (Role.PUBLISH, Role.TRANSFORM),
        "publish.city_monthly": (Role.PUBLISH,),
    }
    assert {relation: writers[relation] for relation in expected} == {
        relation: tuple(sorted(r.value for r in who)) for relation, who in expected.items()
    }


def test_what_dbt_makes_belongs_to_its_role_and_can_be_read_by_those_who_shall(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        made = connection.execute(
            "select c.relnamespace::regnamespace::text, array_agg(distinct c.relowner::regrole::text), count(*),"
            " bool_and(has_table_privilege('tidu_read', c.oid, 'select')),"
            " bool_or(has_table_privilege('tidu_read', c.oid, 'select')),"
            " bool_and(has_table_privilege('tidu_publish', c.oid, 'select'))"
            " from pg_class as c where c.relkind in ('r', 'v', 'm')"
            " and c.relnamespace::regnamespace::text in ('staging', 'intermediate', 'mart') group by 1"
        ).fetchall()
    found = {
        schema: (owners, n > 5, all_read, any_read, publishes)
        for schema, owners, n, all_read, any_read, publishes in made
    }
    owner = ["tidu_transform"]
    assert found == {
        "staging": (owner, True, False, False, False),
        "intermediate": (owner, True, False, False, True),
        "mart": (owner, True, True, True, False),
    }


REFUSED = {
    Role.RECORD: ("select from ops.delivery", "select from raw.ms_registration", "delete from ops.pipeline_run"),
    Role.LAND: (
        "select from raw.ms_registration",
        "update raw.ms_registration set uscc = ''",
        "delete from raw.ms_registration",
        "truncate raw.ms_registration",
        "insert into raw.ms_registration_repair (delivery_id, row_no) values (1, 1)",
        "delete from ops.delivery",
        "select from ops.quarantine",
        "insert into ops.accepted_row values ('ms_registration', 1, 1, 'k', 0, gen_random_uuid())",
        "select from mart.enterprise",
        "create table raw.more (a int)",
    ),
    Role.VALIDATE: (
        "insert into raw.ms_registration (delivery_id, row_no) values (1, 99)",
        "update raw.ms_registration set uscc = ''",
        "delete from ops.delivery",
        "truncate ops.accepted_row",
        "insert into ops.decision (kind, subject, decided_by) values ('waiver', 'x', 'x')",
        "update ops.release set state = 'withdrawn'",
        "select from mart.enterprise",
        "create table ops.more (a int)",
    ),
    Role.TRANSFORM: (
        "delete from raw.ms_registration",
        "update ops.delivery set state = 'accepted'",
        "update ops.delivery set sha256 = ''",
        "delete from ops.accepted_row",
        "select from ops.quarantine",
        "insert into publish.indicator (release_id) values (1)",
        "create table publish.more (a int)",
        "create table ops.more (a int)",
    ),
    Role.PUBLISH: (
        "select from raw.ms_registration",
        "select from staging.stg_ms_registration",
        "delete from publish.city_monthly",
        "update publish.city_monthly set value = 0",
        "truncate publish.city_monthly",
        "delete from ops.release",
        "update ops.delivery set state = 'accepted'",
        "delete from intermediate.int_monitoring__city_month",
        "update ops.decision set decided_by = 'x'",
    ),
    Role.REVIEW: (
        "update raw.ms_registration set uscc = ''",
        "delete from raw.ms_registration",
        "delete from ops.decision",
        "delete from ops.delivery",
        "select from mart.enterprise",
        "update ops.release set state = 'withdrawn'",
    ),
    Role.CORRECT: (
        "update ops.delivery set state = 'accepted'",
        "update ops.quarantine set state = 'released'",
        "delete from ops.quarantine",
        "delete from ops.correction_ticket",
        "update ops.department_return set sha256 = ''",
        "delete from mart.enterprise",
        "insert into ops.decision (kind, subject, decided_by) values ('waiver', 'x', 'x')",
        "create table ops.more (a int)",
    ),
    Role.DISTRICT: (
        "select from raw.ms_registration",
        "select from staging.stg_ms_registration",
        "select from intermediate.int_enterprise__registration",
        "select from mart.enterprise_year",
        "select from ops.delivery",
        "select from ops.release",
        "update ops.correction_ticket set state = 'closed'",
        "insert into ops.district_return (district_code) values ('370202')",
        "delete from mart.enterprise",
        "create table mart.more (a int)",
    ),
    Role.COCKPIT: (
        "select from raw.ms_registration",
        "select from intermediate.int_monitoring__city_month",
        "select from ops.delivery",
        "update ops.release set state = 'withdrawn'",
        "update ops.cockpit_access_log set viewer = 'x'",
        "delete from ops.cockpit_access_log",
        "delete from mart.enterprise",
        "create table mart.more (a int)",
    ),
    Role.READ: (
        "select from raw.ms_registration",
        "select from staging.stg_ms_registration",
        "select from intermediate.int_monitoring__city_month",
        "select from ops.delivery",
        "select from ops.release",
        "select from ops.quarantine",
        "delete from mart.enterprise",
        "update publish.city_monthly set value = 0",
        "create table mart.more (a int)",
    ),
}
ALLOWED = {
    Role.RECORD: ("select from ops.pipeline_run",),
    Role.LAND: ("select from ops.delivery",),
    Role.VALIDATE: ("select from raw.ms_registration", "create table reading.more (a int)"),
    Role.TRANSFORM: ("select from ops.accepted_row", "update ops.delivery set building = building"),
    Role.PUBLISH: ("select from publish.city_monthly_latest",),
    Role.REVIEW: ("select from ops.quarantine",),
    Role.CORRECT: ("select from ops.correction_ticket", "update ops.quarantine set redelivered_by = redelivered_by"),
    Role.DISTRICT: ("select from mart.enterprise", "select from publish.district_monthly"),
    Role.COCKPIT: ("select from ops.release", "select from publish.city_monthly", "select from mart.enterprise"),
    Role.READ: ("select from mart.enterprise", "select from publish.district_monthly_latest"),
}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_refused_what_it_does_not_need(dsn: str, role: Role) -> None:
    assert len(REFUSED[role]) >= 3
    assert ALLOWED[role]
    with acting_as(role), connect(dsn, autocommit=True) as connection:
        assert connection.execute("select current_user").fetchone() == (role.value,)
        for statement in REFUSED[role]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
                pytest.fail(f"{role}: {statement}")
        for statement in ALLOWED[role]:
            with connection.transaction(force_rollback=True):
                connection.execute(statement.encode())


PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def test_the_rights_of_the_roles_are_those_of_the_table_and_no_others(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        held = connection.execute(
            "select r.rolname::text, n.nspname || '.' || c.relname, p.privilege"
            " from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
            " cross join unnest(%s::text[]) as p (privilege) join pg_roles as r on r.rolname = any(%s)"
            " where c.relkind in ('r', 'p', 'v', 'm') and c.relowner <> r.oid"
            " and n.nspname in ('raw', 'ops', 'publish', 'reading', 'staging', 'intermediate', 'mart')"
            " and has_table_privilege(r.oid, c.oid, p.privilege)",
            [list(PRIVILEGES), [role.value for role in Role]],
        ).fetchall()
        relations = connection.execute(
            "select n.nspname || '.' || c.relname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
            " where n.nspname in ('raw', 'ops', 'publish', 'intermediate', 'mart') and c.relkind <> 'i'"
        ).fetchall()
    names = [str(name) for (name,) in relations]
    assert len(held) > 200
    beyond = {
        (role, relation, privilege) for role, relation, privilege in held if not _granted(role, relation, privilege)
    }
    # granted with the policy that limits it: tests/serving/test_district_returns.py
    assert beyond == {("tidu_district", "mart.enterprise", "SELECT")}
    unmatched = {
        (role.value, pattern)
        for role in Role
        for pattern in rights.RIGHTS[role]
        if not any(_fits(n, pattern) for n in names)
    }
    assert unmatched == set(), "rights to what is not there"
    assert {str(p) for _, _, p in held} == {"SELECT", "INSERT", "UPDATE", "DELETE"}, "nobody truncates"


def _granted(role: object, relation: object, privilege: object) -> bool:
    return any(
        _fits(str(relation), pattern) and str(privilege).lower() in granted
        for pattern, granted in rights.RIGHTS[Role(str(role))].items()
    ) and not any(_fits(str(relation), pattern) for pattern in rights.EXCEPT.get(Role(str(role)), ()))


def _fits(relation: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    return relation.startswith(head) and relation.endswith(tail) if star else relation == pattern


def test_columns_that_are_named_in_a_right_exist(dsn: str) -> None:
    named = [
        (relation, column)
        for table in rights.RIGHTS.values()
        for relation, granted in table.items()
        for right in granted
        for column in right.partition(" ")[2].strip("()").split(", ")
        if column
    ]
    assert named
    with psycopg.connect(dsn) as connection:
        for relation, column in named:
            found = connection.execute(
                "select 1 from pg_attribute where attrelid = %s::regclass and attname = %s", [relation, column]
            )
            assert found.fetchone(), f"{relation} has no {column}"


def test_tables_made_later_are_granted_by_the_next_migration_and_rights_in_excess_are_taken_away(dsn: str) -> None:
    with connect(dsn, autocommit=True) as connection:
        connection.execute("create table raw.zz_new (a text)")
        connection.execute("grant delete on ops.delivery to tidu_land")
        migrate(dsn)
        assert connection.execute(
            "select has_table_privilege('tidu_land', 'raw.zz_new', 'insert'),"
            " has_table_privilege('tidu_land', 'raw.zz_new', 'select'),"
            " has_table_privilege('tidu_validate', 'raw.zz_new', 'select'),"
            " has_table_privilege('tidu_land', 'ops.delivery', 'delete')"
        ).fetchone() == (True, False, True, False)
        before = connection.execute("select sum(xmin::text::bigint) from pg_class").fetchone()
        migrate(dsn)
        assert connection.execute("select sum(xmin::text::bigint) from pg_class").fetchone() == before
        connection.execute("drop table raw.zz_new")
