"""Connections that must not come about, and that no message gives a password away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulators.service import Simulators, running
from tests.simulators.nasty import nasty_rows, write_csv
from tidu.connectors import Endpoint, connector_for
from tidu.contracts import contract
from tidu.errors import ConnectorError
from tidu.landing import pull
from tidu.ledger.deliveries import pending
from tidu.stack.postgres import Cluster, free_port

AS_OF = dt.date(2025, 12, 31)


@pytest.fixture
def departments(tmp_path: Path) -> Iterator[Simulators]:
    world = tmp_path / "world"
    for dataset in ("hr_talent", "ms_ip_right"):
        write_csv(world / dataset / "2025-07-01.csv", list(contract(dataset).field_names), nasty_rows(dataset, 20))
    (world / "world.yaml").write_text('city: "370200"\nstart: 2025-07-01\nend: 2025-08-31\n', encoding="utf-8")
    with running(tmp_path / "departments", world, AS_OF) as simulators:
        yield simulators


def refusal(dataset: str, endpoint: Endpoint) -> str:
    with connector_for(contract(dataset), endpoint) as connector, pytest.raises(ConnectorError) as refused:
        connector.available(contract(dataset))
    assert endpoint.password not in str(refused.value)
    return str(refused.value)


def test_a_server_with_another_host_key_is_refused_before_log_in(departments: Simulators) -> None:
    right = Endpoint.from_uri(departments.connections()["hr"])
    kind, _, key = right.extra["host_key"].partition(" ")
    other = f"{kind} {key[:-4]}{'AAAA' if key[-4:] != 'AAAA' else 'BBBB'}"
    assert "another host key" in refusal("hr_talent", replace(right, extra={"host_key": other}))
    assert "names no host_key" in refusal("hr_talent", replace(right, extra={}))
    assert refusal("hr_talent", replace(right, extra={"host_key": f"ssh-rsa {key}"}))


def test_wrong_passwords_and_closed_ports_are_errors_to_retry(departments: Simulators, cluster: Cluster) -> None:
    uris = departments.connections()
    for department, dataset in (("hr", "hr_talent"), ("market_supervision", "ms_ip_right")):
        endpoint = replace(Endpoint.from_uri(uris[department]), password="wrong-word")
        assert refusal(dataset, endpoint)
    assert refusal("hr_talent", replace(Endpoint.from_uri(uris["hr"]), port=free_port()))
    front = replace(Endpoint.from_uri(cluster.dsn("postgres")), password="wrong-word")
    assert "127.0.0.1" in refusal("tx_payment", front)


def test_one_session_serves_every_dataset_of_a_pull(departments: Simulators, warehouse: str) -> None:
    hr = Endpoint.from_uri(departments.connections()["hr"])
    with connector_for(contract("hr_talent"), hr) as connector:
        assert pull(contract("hr_insurance"), connector, AS_OF, "run") == []
        assert len(pull(contract("hr_talent"), connector, AS_OF, "run")) == 1
        connector.close()
        assert pull(contract("hr_talent"), connector, AS_OF, "run") == []
    assert len(pending("hr_talent", "received")) == 1
