"""What survives kill -9 of PostgreSQL, and what is made anew because it does not."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.dbt.town import build_figures, deliver, uscc
from tidu.errors import TiduError
from tidu.ledger.database import connect, migrate
from tidu.ledger.deliveries import Received, known_sources, record_received
from tidu.publishing import is_released, publish, releases
from tidu.stack import postgres
from tidu.transform import build, nothing_new
from tidu.transform.wholeness import figures_are_lost, hold, lost_stages

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
AS_OF = dt.date(2025, 3, 2)
VARIABLES = {"as_of": str(AS_OF), "series_start": ""}


class Server:
    """A PostgreSQL with the options of the stack, whose processes may be killed."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, postgres.free_port()
        self.cluster = self.start()

    def start(self) -> postgres.Cluster:
        """Start it; what is killed here are processes, which loses nothing the kernel was told, flushed or not."""
        return postgres.start(self.data, self.port, {"fsync": "off"})

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def kill(self) -> None:
        """Kill the server itself and start it again."""
        os.kill(self.pid, 9)
        deadline = time.monotonic() + 20
        while postgres.running_port(self.data) is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        self.start()

    def kill_a_session(self) -> None:
        """Kill one session: the server ends the others, recovers and goes on."""
        with self.session() as bystander:
            with self.session() as victim:
                os.kill(victim.info.backend_pid, 9)
            with suppress(psycopg.OperationalError):
                # the server ends this one when it has seen the death, and takes no new one until it has recovered
                while True:
                    bystander.execute("select 1")
                    time.sleep(0.01)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.session().close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def session(self) -> psycopg.Connection:
        return psycopg.connect(self.cluster.dsn("postgres"), autocommit=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="tidu-crashes-", ignore_cleanup_errors=True) as folder:
        started = Server(Path(folder) / "data")
        yield started
        postgres.stop(started.data)


@pytest.fixture(scope="module")
def town(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A warehouse with figures of two months."""
    with psycopg.connect(server.cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute("create database town")
    dsn = server.cluster.dsn("town")
    migrate(dsn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDU_DSN", dsn)
        patch.setenv("TIDU_HOME", str(tmp_path_factory.mktemp("town")))
        patch.setenv("TIDU_RELEASE_APPROVER", "李四")
        deliver(dsn, "ms_registration", "2025-01-01", [
            {"entity_no": f"N{n}", "uscc": uscc(n), "entity_name": f"青岛第{n}贸易有限公司", "entity_category": "企业",
             "reg_type_code": "171", "reg_status": "存续", "established_on": "2024-12-11", "district_code": "370202",
             "industry_code": "F5191", "updated_at": "2024-12-30T08:00:00"} for n in range(1, 21)])  # fmt: skip
        build_figures(str(AS_OF))
        yield dsn


def rows(table: str) -> list[str]:
    with connect() as connection:
        return sorted(text for (text,) in connection.execute(f"select t::text from {table} t".encode()).fetchall())


MARTS = ("mart.enterprise", "mart.enterprise_xref", "mart.enterprise_year")
FIGURES = ("intermediate.int_monitoring__city_month", "intermediate.int_monitoring__district_month")


def test_what_a_crash_empties_is_built_again_before_anything_is_made_from_it(server: Server, town: str) -> None:
    before = {table: rows(table) for table in (*MARTS, *FIGURES)}
    assert all(before[table] for table in before if table != "mart.enterprise_year")
    assert nothing_new(AS_OF)
    emptied = ("intermediate.int_ms_registration__current", "intermediate.int_identity__registered_entity")
    assert all(rows(table) for table in emptied)
    server.kill_a_session()
    assert not any(rows(table) for table in emptied), "unlogged tables are emptied"
    assert {table: rows(table) for table in MARTS} == {table: before[table] for table in MARTS}
    assert not nothing_new(AS_OF)
    assert figures_are_lost()
    with pytest.raises(TiduError, match="build the stage monitor first"):
        publish(AS_OF, "after")
    build("monitor", "after", VARIABLES)
    assert {table: rows(table) for table in (*MARTS, *FIGURES)} == before
    assert not is_released(AS_OF)
    assert publish(AS_OF, "after")
    assert is_released(AS_OF)
    assert len(releases()) == 1


def test_a_build_that_lived_through_a_crash_does_not_count(server: Server, town: str) -> None:
    with pytest.raises(TiduError, match="the server went away"), hold("link", "crashed", str(AS_OF)) as held:
        server.kill_a_session()
        # dbt would open its next session now
        with psycopg.connect(town, options=f"-c tidu.build={held.token}") as session:
            with pytest.raises(psycopg.Error, match="stage link was interrupted") as refused:
                session.execute("select ops.assert_build('link')")
            assert refused.value.sqlstate == "TD003"
    with connect() as connection:
        assert lost_stages(connection, "link") == ["stage", "link"]


def test_what_was_confirmed_survives_the_kill_of_the_server(server: Server, town: str) -> None:
    for number in range(5):
        name = f"folder:mi_arrears_{number}.csv"
        received = Received(
            dataset="mi_arrears", delivered_on=AS_OF, transport="folder_csv", source_uri=name, source_token="1",
            sha256=str(number), bytes=1, landed_uri="", contract_version="1", announced_sha256=None,
            announced_rows=None,
        )  # fmt: skip
        assert record_received(received)
        server.kill()
        assert (name, "1") in known_sources("mi_arrears")


def test_no_reader_of_the_marts_depends_on_a_table_a_crash_empties(town: str) -> None:
    query = """
        with recursive read as (
            select c.oid from pg_class c where c.relnamespace in ('mart'::regnamespace, 'publish'::regnamespace)
            union
            select d.refobjid from read join pg_rewrite r on r.ev_class = read.oid
            join pg_depend d on d.objid = r.oid and d.refclassid = 'pg_class'::regclass
        )
        select oid::regclass::text, relpersistence::text from read join pg_class using (oid) where relkind = 'r'
    """
    with connect() as connection:
        found = dict(connection.execute(query.encode()).fetchall())
    assert "intermediate.int_enterprise__record_link" in found
    assert {table for table, persistence in found.items() if persistence != "p"} == set()
