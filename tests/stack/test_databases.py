"""The databases: embedded ones recover, foreign ones are used as they are, and both say what is wrong."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tidu.errors import StackError
from tidu.settings import PROJECT_ROOT
from tidu.stack import databases, postgres
from tidu.stack.state import State


@pytest.fixture
def embedded(where: State) -> databases.Databases:
    return databases.start(where)


@pytest.fixture(autouse=True)
def _stopped(where: State) -> Iterator[None]:
    yield
    postgres.stop(where.cluster_data)


def query(dsn: str, statement: str) -> tuple[object, ...]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row


def test_each_database_has_an_owner_of_its_own(where: State, embedded: databases.Databases) -> None:
    for dsn, name in ((embedded.warehouse, "tidu"), (embedded.airflow, "airflow"), (embedded.tax_front, "tax_front")):
        found = query(
            dsn, "select current_user, current_database(), usesuper from pg_user where usename = current_user"
        )
        assert found == (name, name, False)
    assert query(embedded.warehouse, "select count(*) > 0 from ops.migration_log") == (True,)
    file = where.run / "warehouse.dsn"
    assert file.read_text(encoding="utf-8").strip() == embedded.warehouse
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_starting_again_changes_nothing(where: State, embedded: databases.Databases) -> None:
    before = query(embedded.warehouse, "select max(applied_at), count(*) from ops.migration_log")
    assert databases.start(where) == embedded
    assert query(embedded.warehouse, "select max(applied_at), count(*) from ops.migration_log") == before


def test_a_killed_server_comes_back_with_its_data(where: State, embedded: databases.Databases) -> None:
    with psycopg.connect(embedded.warehouse) as connection:
        connection.execute("create table kept as select 42 as answer")
    with psycopg.connect(embedded.warehouse) as connection:
        connection.execute("set synchronous_commit = on")
        connection.execute("insert into kept values (43)")
    pid = int((where.cluster_data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}/stat").exists() and not _is_zombie(pid):
        pass
    again = databases.start(where)
    assert again == embedded
    assert query(again.warehouse, "select array_agg(answer order by answer) from kept") == ([42, 43],)


def test_a_stale_pid_file_of_another_program_is_no_server(where: State, embedded: databases.Databases) -> None:
    postgres.stop(where.cluster_data)
    port = where.ports()["postgres"]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        stale = where.cluster_data / "postmaster.pid"
        stale.write_text(f"{os.getpid()}\n{where.cluster_data}\n1\n{port}\n\n127.0.0.1\n\nready\n", encoding="utf-8")
        assert postgres.running_port(where.cluster_data) is None
        with pytest.raises(StackError, match=f"port {port} is in use by another program"):
            databases.start(where)


def test_a_foreign_server_gets_the_other_databases_beside_the_warehouse(
    cluster: postgres.Cluster, where: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"w_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    monkeypatch.setenv("TIDU_DSN", cluster.dsn(name))
    found = databases.start(where)
    assert found.embedded is False
    assert found == databases.start(where)
    assert query(found.airflow, "select current_database()") == (f"{name}_airflow",)
    assert query(found.tax_front, "select current_database()") == (f"{name}_tax_front",)
    assert not where.cluster_data.exists()


def test_named_databases_are_used_as_named(
    cluster: postgres.Cluster, where: State, warehouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDU_AIRFLOW_DSN", cluster.dsn("airflow_elsewhere"))
    monkeypatch.setenv("TIDU_TAX_FRONT_DSN", cluster.dsn("front_elsewhere"))
    found = databases.start(where)
    assert (found.warehouse, found.airflow) == (warehouse, cluster.dsn("airflow_elsewhere"))
    assert found.tax_front == cluster.dsn("front_elsewhere")


def test_an_old_server_is_refused(cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    databases.require_version(cluster.dsn("postgres"))
    monkeypatch.setattr(databases, "LEAST_VERSION", 99)
    with pytest.raises(StackError, match="PostgreSQL 99 or newer is needed, the server of TIDU_DSN is 18"):
        databases.require_version(cluster.dsn("postgres"))


@pytest.mark.parametrize(
    ("dsn", "message"),
    [
        ("postgresql://nobody:x@127.0.0.1:1/nothing", "PostgreSQL cannot be reached"),
        ("postgresql://nobody:x@127.0.0.1:1", "must be a URI that names a database"),
    ],
)
def test_a_bad_dsn_is_named_without_its_password(
    where: State, monkeypatch: pytest.MonkeyPatch, dsn: str, message: str
) -> None:
    monkeypatch.setenv("TIDU_DSN", dsn.replace(":x@", ":s3cret@"))
    with pytest.raises(StackError, match=message) as raised:
        databases.start(where)
    assert "s3cret" not in str(raised.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_can_do_it_too(where: State) -> None:
    if shutil.which("runuser") is None:
        pytest.skip("runuser is not installed")
    user = pwd.getpwnam("nobody")
    home = where.home.parent / "of_nobody"
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    for folder in (home, *home.parents):
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    python = next((p for p in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}") if _may_run(p)), None)
    if python is None:
        pytest.skip("no interpreter of this version that user nobody may run")
    program = (
        "from tidu.stack.state import state; from tidu.stack import databases, postgres; s = state(); s.prepare();"
        " print(databases.start(s).embedded); postgres.stop(s.cluster_data)"
    )
    env = {
        "HOME": str(home), "TIDU_HOME": str(home / "tidu"), "PATH": os.environ["PATH"], "LC_ALL": "zz_ZZ.UTF-8",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    done = subprocess.run(
        ["runuser", "-u", "nobody", "--", python, "-c", program],
        check=False, env=env, capture_output=True, text=True, cwd=PROJECT_ROOT, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == "True", done.stderr[-2000:]


def _may_run(python: str) -> bool:
    return (
        subprocess.run(["runuser", "-u", "nobody", "--", python, "-c", ""], check=False, capture_output=True).returncode
        == 0
    )


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
