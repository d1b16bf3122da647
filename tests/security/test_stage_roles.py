"""Every stage works under its own role, can do its work under it, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import build_figures, uscc
from tests.security.conftest import MakeWarehouse
from tests.simulators.nasty import write_csv
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract, contracts
from tidu.landing import land, pull
from tidu.ledger import rights
from tidu.ledger.database import connect, migrate, stage_role
from tidu.ledger.roles import Role, acting_as
from tidu.publishing import publish
from tidu.validation import validate

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

AS_OF = dt.date(2025, 4, 2)
WATCH = """
create table public.writer (relation text, writer text, verb text);
grant insert on public.writer to public;
create function public.note_writer() returns trigger language plpgsql as $$
begin
    insert into public.writer values (tg_table_schema || '.' || tg_table_name, current_user, tg_op);
    return null;
end $$;
do $$
declare watched regclass;
begin
    for watched in select c.oid from pg_class c where c.relkind in ('r', 'p') and not c.relispartition
        and c.relnamespace in ('ops'::regnamespace, 'raw'::regnamespace, 'publish'::regnamespace)
    loop
        execute format('create trigger watch after insert or update or delete on %s for each statement'
            ' execute function public.note_writer()', watched);
    end loop;
end $$;
"""
STAGES = {Role.RECORD, Role.LAND, Role.VALIDATE, Role.TRANSFORM, Role.PUBLISH}


@pytest.fixture(scope="module")
def dsn(empty_database: MakeWarehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A warehouse of an ordinary login, through which a small world went from its outbox to a release."""
    found = empty_database("keeper", createrole=True)
    migrate(found)
    folder = tmp_path_factory.mktemp("industry")
    registry = ("ms_registration", {"entity_category": "企业", "reg_type_code": "171", "reg_status": "存续",
        "established_on": "2024-10-11", "district_code": "370202", "industry_code": "F5191",
        "updated_at": "2024-12-30T08:00:00"})  # fmt: skip
    arrears = contract("mi_arrears").field_names
    write_csv(folder / "mi_arrears_20250401.csv", list(arrears), [["", *["x"] * (len(arrears) - 1)]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_DSN", found)
        patch.setenv("TIDU_HOME", str(tmp_path_factory.mktemp("home")))
        with psycopg.connect(found, autocommit=True) as admin:
            admin.execute(WATCH.encode())
            _registered(admin, *registry)
        endpoint = Endpoint("file", path=str(folder))
        with connector_for(contract("mi_arrears"), endpoint) as connector:
            assert len(pull(contract("mi_arrears"), connector, AS_OF, "run")) == 1
        assert land("mi_arrears", "run") == 1
        assert validate("mi_arrears", "run").rows_quarantined == 1
        validate("ms_registration", "run", suite=False)
        build_figures(str(AS_OF), "2025-01-01", "run")
        assert publish(AS_OF, "run", "李四")
        yield found


def _registered(admin: psycopg.Connection, dataset: str, common: dict[str, str]) -> None:
    """Load registrations as landing would; their own transport is tested elsewhere."""
    admin.execute(
        "insert into ops.delivery (dataset, delivered_on, transport, source_uri, sha256, bytes, rows_delivered, state,"
        " contract_version, landed_uri, content_sha256)"
        " values (%s, '2025-01-02', 'rest', 'rest:x', 'x', 1, 5, 'loaded', '1', 'x', 'x')",
        [dataset],
    )
    for n in range(1, 6):
        row = {**common, "entity_no": f"N{n}", "uscc": uscc(n), "entity_name": f"青岛第{n}贸易有限公司"}
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        admin.execute(
            f"insert into raw.{dataset} (delivery_id, row_no, {names})"
            f" values ((select max(delivery_id) from ops.delivery), %s, {marks})".encode(),
            [n, *row.values()],
        )


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
        "ops.decision": (Role.PUBLISH,),
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
        "select from mart.enterprise",
        "insert into ops.decision (kind, subject, decided_by) values ('waiver', 'x', 'x')",
        "create table ops.more (a int)",
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
    assert beyond == set()
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


def test_databases_of_one_server_can_be_migrated_at_the_same_time(
    strict_server: object, empty_database: MakeWarehouse
) -> None:
    """Roles belong to the server; whoever comes second finds them made, or half made."""
    dsns = [empty_database("founder", createrole=True) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, dsns))
    assert len(applied) == 4
    assert all(names == applied[0] for names in applied)


def test_a_login_that_may_not_take_roles_works_with_its_own_rights_and_is_told_so(
    dsn: str, empty_database: MakeWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = empty_database("guest", createrole=False)
    migrate(poor)
    monkeypatch.setenv("TIDU_DSN", poor)
    monkeypatch.setenv("TIDU_HOME", str(tmp_path))
    with connect() as connection:
        told = rights.shortcomings(connection)
        recorded = connection.execute("select role, granted from ops.stage_role order by role").fetchall()
    assert told
    assert "run with the rights of guest" in told
    assert recorded == [(role.value, False) for role in sorted(Role)]
    with acting_as(Role.LAND):
        assert stage_role() is None
    names = contract("mi_arrears").field_names
    write_csv(tmp_path / "in" / "mi_arrears_20250401.csv", list(names), [["", *["x"] * (len(names) - 1)]])
    with connector_for(contract("mi_arrears"), Endpoint("file", path=str(tmp_path / "in"))) as connector:
        assert len(pull(contract("mi_arrears"), connector, AS_OF, "run")) == 1
    assert land("mi_arrears", "run") == 1
    assert validate("mi_arrears", "run").rows_quarantined == 1
    with connect(dsn) as connection:
        assert rights.shortcomings(connection) is None


def test_an_administrator_can_lend_the_roles_to_such_a_login(
    dsn: str, strict_server: object, empty_database: MakeWarehouse
) -> None:
    late = empty_database("latecomer", createrole=False)
    migrate(late)
    admin_dsn = strict_server.dsn("postgres")  # type: ignore[attr-defined]
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        for role in Role:
            admin.execute(f"grant {role.value} to latecomer".encode())
    migrate(late)
    with acting_as(Role.VALIDATE):
        assert stage_role(late) == "tidu_validate"
    with connect(late) as connection:
        assert rights.shortcomings(connection) is None
    assert len(contracts()) > 20
