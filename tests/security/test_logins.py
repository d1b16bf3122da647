"""Logins that own the roles of the stages, that are lent them, and that work without them."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.security.conftest import MakeWarehouse
from tests.simulators.nasty import write_csv
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract, contracts
from tidu.landing import land, pull
from tidu.ledger import rights
from tidu.ledger.database import connect, migrate, stage_role
from tidu.ledger.roles import Role, acting_as
from tidu.validation import validate

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
AS_OF = dt.date(2025, 4, 2)


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
    empty_database: MakeWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    rich = empty_database("founder", createrole=True)
    migrate(rich)
    with connect(rich) as connection:
        assert rights.shortcomings(connection) is None


def test_an_administrator_can_lend_the_roles_to_such_a_login(
    strict_server: object, empty_database: MakeWarehouse
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
