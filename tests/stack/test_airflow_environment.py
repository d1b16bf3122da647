"""What Airflow's processes are started with: everything set, no secret where `ps` shows it."""

from __future__ import annotations

import pytest

from tidu.stack import airflow, simulators
from tidu.stack.state import State

DSN = "postgresql://airflow:pw@127.0.0.1:5432/airflow"


def test_no_secret_in_an_argument_list(where: State) -> None:
    env = airflow.environment(where, DSN, {"tax": "postgresql://ro:hidden@127.0.0.1/tax_front"})
    parts = [*airflow.components(where, env), simulators.component(where, "postgresql://tax:hidden@127.0.0.1/t")]
    assert len(parts) == 5
    secrets = [*where.secrets().values(), "hidden", ":pw@"]
    for part in parts:
        assert not [secret for secret in secrets if secret in " ".join(part.command)], part.name


def test_components_agree_on_keys_and_addresses(where: State) -> None:
    env = airflow.environment(where, DSN, {})
    port = where.ports()["airflow"]
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == f"http://127.0.0.1:{port}/execution/"
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+psycopg2://")
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"].startswith("postgresql+psycopg://")
    assert env == airflow.environment(where, DSN, {})
    assert tuple(sorted(airflow.SERVICES)) == tuple(sorted(airflow.STOP_ORDER))


def test_a_real_connection_wins_over_the_simulator(where: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TAX", "oracle://the-real-one")
    env = airflow.environment(where, DSN, {"tax": "postgresql://simulated", "hr": "sftp://simulated"})
    assert env["AIRFLOW_CONN_TAX"] == "oracle://the-real-one"
    assert env["AIRFLOW_CONN_HR"] == "sftp://simulated"


def test_byte_code_may_be_written(where: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in airflow.environment(where, DSN, {})
    assert "PYTHONDONTWRITEBYTECODE" not in simulators.environment(DSN)
